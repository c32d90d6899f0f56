# tools/dev/verbs.sh: what each verb of dev does. Sourced by dev.

python=/usr/bin/python3

verb_help() {
  cat <<'END'
usage: ./dev VERB

  run [--once]             build, start a server with a demo tenant, revoke a user, show the report;
                           --once ends afterwards: 0 only if all access worked before, and none after but
                           what the report names
  test [NAME]              every test, or only those whose program, case or mutant is named NAME;
                           `mutants` are all planted faults, each of which must be found; `model` is
                           the formal model of the gate protocol
  check                    lint, format, clang-tidy; what a change must pass beside the tests
  bench [ARGUMENT...]      measure, beside raw cryptography in the same run;
                           --quick: tiny counts, does it work at all
  bench --gates            how soon gates refuse, how new ones catch up, what a replica costs; on a
                           machine where nothing else runs
  bench --peers            the same work by oidc-provider and Glewlwyd, in the same run
  bench --nginx            nginx alone, with our module, and with auth_request, in the same run
  fuzz [TARGET] [SECONDS]  feed parsers with foreign bytes: all targets (`all`), 60 seconds each
  fuzz --coverage          how much of each parser the committed inputs reach
  fuzz --minimise          drop inputs that reach nothing of their own
  sim [ARGUMENT...]        simulate revocation runs under faults, by seed; without arguments, after
                           the model
  sim --model [NAME...]    check the formal model of the gate protocol; with names, show the ways
  asan | tsan              the unit tests under address and undefined, or thread, sanitizers
  clean                    remove everything that was built or cached here
  help                     this text
END
}

verb_run() {
  ensure_packages "${packages_build[@]}" "${packages_node[@]}"
  ensure_node
  configure build
  build build src/apps/all
  exec "$python" demo/run.py --bin "$root/build/bin" --node "$node" "$@"
}

verb_test() {
  ensure_packages "${packages_build[@]}" "${packages_nginx[@]}" "${packages_test[@]}" \
    "${packages_peers[@]}" "${packages_nginx_bench[@]}" "${packages_node[@]}" \
    "${packages_model[@]}"
  unpack_package glewlwyd
  ensure_node
  configure build
  build build
  exec "$python" tools/run_tests.py --build "$root/build" --node "$node" "$@"
}

verb_check() {
  ensure_packages "${packages_build[@]}" "${packages_nginx[@]}" "${packages_check[@]}" \
    "${packages_model[@]}"
  configure build
  exec "$python" tools/check.py --build "$root/build"
}

verb_bench() {
  if [ "${1:-}" = --peers ]; then
    shift
    bench_peers "$@"
  elif [ "${1:-}" = --nginx ]; then
    shift
    bench_nginx "$@"
  fi
  ensure_packages "${packages_build[@]}"
  configure build
  build build curfew-bench
  exec build/bin/curfew-bench "$@"
}

bench_peers() {
  ensure_packages "${packages_build[@]}" "${packages_peers[@]}" "${packages_node[@]}"
  unpack_package glewlwyd
  ensure_node
  configure build
  build build curfew-bench peer_load
  exec "$python" tests/bench/peers.py --bin "$root/build/bin" --node "$node" \
    --glewlwyd "$root/.cache/glewlwyd" "$@"
}

bench_nginx() {
  ensure_packages "${packages_build[@]}" "${packages_nginx[@]}" "${packages_nginx_bench[@]}"
  configure build
  build build ngx_http_curfew_module libcurfew_fixture http_load
  exec "$python" tests/bench/nginx.py --bin "$root/build/bin" "$@"
}

verb_sim() {
  ensure_packages "${packages_build[@]}" "${packages_model[@]}"
  if [ "${1:-}" = --model ]; then
    shift
    exec "$python" tools/model.py "$@"
  fi
  [ $# -ne 0 ] || "$python" tools/model.py
  configure build
  build build curfew-sim
  exec build/bin/curfew-sim "$@"
}

verb_asan() { sanitized asan address,undefined; }
verb_tsan() { sanitized tsan thread; }

# sanitized NAME SANITIZERS: the unit tests alone, in a build folder of their own.
sanitized() {
  ensure_packages "${packages_build[@]}"
  configure "build/$1" "-DCURFEW_SANITIZE=$2"
  build "build/$1"
  exec "$python" tools/run_tests.py --build "$root/build/$1" --unit-only
}

verb_fuzz() {
  ensure_packages "${packages_build[@]}" "${packages_nginx[@]}"
  if [ "${1:-}" = --coverage ]; then
    configure build/coverage -DCURFEW_COVERAGE=ON -DCMAKE_BUILD_TYPE=Debug
    build build/coverage tests/fuzz/all
    exec "$python" tools/fuzz.py --bin "$root/build/coverage/bin" "$@"
  fi
  configure build/fuzz -DCURFEW_FUZZ=ON -DCURFEW_SANITIZE=address,undefined
  build build/fuzz tests/fuzz/all
  exec "$python" tools/fuzz.py --bin "$root/build/fuzz/bin" "$@"
}

verb_clean() {
  rm -rf build .cache tests/js/node_modules tests/js/node/node_modules
  say "removed build, .cache and the node_modules of tests/js"
}
