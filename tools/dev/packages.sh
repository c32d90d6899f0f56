# tools/dev/packages.sh: the Debian packages that each verb needs, and their installation.
# Sourced by dev.

packages_build=(
  clang-19 llvm-19 libclang-rt-19-dev mold ninja-build cmake ccache pkg-config
  libboost1.81-dev libboost-json1.81-dev libssl-dev libargon2-dev libsqlite3-dev
  libcli11-dev libfmt-dev libtomlplusplus-dev libcurl4-openssl-dev zlib1g-dev
  doctest-dev librapidcheck-dev
  python3 openssl ca-certificates
)
# What the nginx module is built with; without it the rest is.
packages_nginx=(nginx-dev)
# The model checker; what it generates is C, which clang of packages_build compiles.
packages_model=(spin libc6-dev)
packages_check=(clang-tidy-19 clang-format-19 shellcheck)
packages_test=(
  sqlite3 iproute2 chromium libnss3-tools python3-yaml python3-jsonschema python3-aiosmtpd python3-websockets
  libapache2-mod-auth-openidc libapache2-mod-oauth2 nginx-light curl dovecot-imapd
  caddy haproxy apache2-bin lua-socket
)
# What is measured in nginx's benchmark.
packages_nginx_bench=(nginx-light)
# What Glewlwyd, a peer of the benchmark, is linked with. It is not installed itself: see
# unpack_package.
packages_peers=(
  libcbor0.8 libconfig9 libhoel1.4 libiddawc1.1 libjansson4 libldap-2.5-0 liboath0 liborcania2.3
  librhonabwy1.1 libulfius2.7 libyder2.0
)

# Prints those of the given packages that are not installed, one a line.
missing_packages() {
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  local package
  for package in "$@"; do
    grep -qxF "installed $package" <<<"$installed" || printf '%s\n' "$package"
  done
}

# Sets `as_root` to the words in front of a command that must run as root; fails with the lines to
# type where this user cannot become root without being asked in a place where nobody answers.
find_root() {
  as_root=(env)
  [ "$(id -u)" -ne 0 ] || return 0
  if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as_root=(sudo env)
    return 0
  fi
  fail "some Debian packages are missing, and this user may not install them." \
    "Run this as root, then repeat ./dev:" \
    "  apt-get update && apt-get install -y --no-install-recommends $*"
}

# run_logged LOG COMMAND...: quiet while it works, everything it said when it fails.
run_logged() {
  local log=$1
  shift
  "$@" >>"$log" 2>&1 || {
    tail -n 30 "$log" >&2
    return 1
  }
}

# ensure_packages PACKAGE...: installs what is missing; returns at once if nothing is.
ensure_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -ne 0 ] || return 0

  local as_root
  find_root "${missing[@]}"
  mkdir -p .cache
  local log=.cache/apt.log
  : >"$log"
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local apt=("${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0)
  run_logged "$log" "${apt[@]}" update ||
    fail "apt-get update failed (all of its output: $log)." \
      "Check the network and /etc/apt/sources.list, then repeat ./dev."
  run_logged "$log" "${apt[@]}" install -y --no-install-recommends "${missing[@]}" ||
    fail "apt-get could not install the packages (all of its output: $log)." \
      "Curfew is built on Debian 12 (bookworm) with its security updates; mend what apt says above," \
      "then repeat ./dev."
}

# unpack_package PACKAGE: its files below .cache/PACKAGE. Nothing of it is installed, so no service
# of it is started on this machine and no user is made for it.
unpack_package() {
  local package=$1 folder=$root/.cache/$1 log=$root/.cache/apt.log
  [ ! -d "$folder/usr" ] || return 0
  rm -rf "$folder.new"
  mkdir -p "$folder.new"
  say "unpacking the Debian package $package"
  {
    (cd "$folder.new" && run_logged "$log" apt-get -q download "$package") &&
      run_logged "$log" dpkg-deb -x "$folder.new/$package"_*.deb "$folder.new" &&
      rm -rf "$folder" && mv "$folder.new" "$folder"
  } || fail "the Debian package $package could not be fetched (all of its output: $log)." \
    "Run apt-get update as root if its lists are old, then repeat ./dev."
}
