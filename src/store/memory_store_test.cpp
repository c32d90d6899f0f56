#include <doctest/doctest.h>

#include "store/store.hpp"
#include "tests/conformance/store_suite.hpp"

namespace curfew {
namespace {

TEST_SUITE("memory store") {
  TEST_CASE("keeps single rows") { conformance::single_rows(make_memory_store); }
  TEST_CASE("keeps unique indexes unique") { conformance::unique_indexes(make_memory_store); }
  TEST_CASE("scans in order and within bounds") { conformance::scans(make_memory_store); }
  TEST_CASE("gives back every value as it was") { conformance::values(make_memory_store); }
  TEST_CASE("refuses what does not fit") { conformance::misfits(make_memory_store); }
  TEST_CASE("runs each body whole or not at all") { conformance::bodies(make_memory_store); }
  TEST_CASE("keeps the order after a commit") { conformance::after_the_commit(make_memory_store); }
  TEST_CASE("counts the changes of each table") { conformance::versions(make_memory_store); }
  TEST_CASE("shows readers one state") { conformance::readers_beside_a_writer(make_memory_store); }
}

}  // namespace
}  // namespace curfew
