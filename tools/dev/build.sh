# tools/dev/build.sh: configures and builds one build folder. Sourced by dev.

# A checkout at another path finds what this one compiled.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$root} CCACHE_NOHASHDIR=1

# configure FOLDER [CMAKE_OPTION...]: does nothing for a folder configured with the same options,
# with or without nginx-dev on the machine; ninja itself configures again when a CMakeLists.txt
# changed.
configure() {
  local folder=$1
  shift
  local options="$*" stamp=$folder/.configured
  [ ! -e /usr/share/nginx/src/conf_flags ] || options+=" with nginx-dev"
  if [ -f "$folder/build.ninja" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$options" ]; then
    return 0
  fi
  mkdir -p "$folder"
  say "configuring $folder"
  run_logged "$folder/configure.log" cmake -S . -B "$folder" -G Ninja \
    -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
    -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_BUILD_TYPE=RelWithDebInfo "$@" ||
    fail "CMake could not configure $folder (all of its output: $folder/configure.log)." \
      "If this tree was moved or its compiler changed, ./dev clean and repeat."
  printf '%s\n' "$options" >"$stamp"
}

# build FOLDER [TARGET...]: with as many jobs as there are processors and memory for.
build() {
  local folder=$1
  shift
  say "building $folder"
  ninja -C "$folder" -j "$(job_count)" "$@" ||
    fail "the build of $folder failed; the first error above is the one to read."
}

# The largest translation units take 1.5 GB each.
job_count() {
  local jobs megabytes
  jobs=$(nproc)
  megabytes=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
  local fitting=$((megabytes / 1500))
  [ "$fitting" -ge 1 ] || fitting=1
  [ "$jobs" -le "$fitting" ] || jobs=$fitting
  printf '%s\n' "$jobs"
}
