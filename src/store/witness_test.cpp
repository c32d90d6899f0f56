#include "store/witness.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/conformance/sqlite_fixture.hpp"

namespace curfew {
namespace {

using conformance::TemporaryFolder;

const TenantId kTenant{"6f1d0f0e-3b1c-4a55-9a5e-0e8c2f5d7a11"};

std::string read_all(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}
void write_all(const std::string& path, const std::string& content) {
  std::ofstream{path, std::ios::binary | std::ios::trunc} << content;
}

const std::string kId = "0d2f6a1e-1111-4222-8333-444455556666";

Status create(const std::string& path, const ChainMark& mark = {}) {
  return Witness::create(path, kTenant, kId, mark);
}
// Makes the file where there is none.
std::unique_ptr<Witness> open_witness(const std::string& path) {
  if (read_all(path).empty()) REQUIRE(create(path).ok());
  auto witness = Witness::open(path, kTenant);
  REQUIRE(witness.ok());
  return std::move(witness).value();
}
ErrorCode refusal(const std::string& path, const TenantId& tenant = kTenant) {
  const auto witness = Witness::open(path, tenant);
  REQUIRE_FALSE(witness.ok());
  return witness.error().code();
}

TEST_SUITE("witness") {
  TEST_CASE("a new witness has seen nothing, and only its owner can read it") {
    const TemporaryFolder folder;
    const auto witness = open_witness(folder.file("w"));
    CHECK(witness->current() == ChainMark{});
    struct stat status{};
    REQUIRE(::stat(folder.file("w").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
  }

  TEST_CASE("opening never makes a file, and making one never replaces it") {
    const TemporaryFolder folder;
    CHECK(refusal(folder.file("w")) == ErrorCode::not_found);
    CHECK(refusal(folder.file("no/such/folder")) == ErrorCode::not_found);
    REQUIRE(create(folder.file("w"), {{1, 3}, "h"}).ok());
    CHECK(open_witness(folder.file("w"))->id() == kId);
    CHECK(create(folder.file("w")).error().code() == ErrorCode::conflict);
    CHECK(open_witness(folder.file("w"))->current() == ChainMark{{1, 3}, "h"});
    // Its id stays through every mark.
    REQUIRE(open_witness(folder.file("w"))->raise({1, 4}, "i").ok());
    CHECK(open_witness(folder.file("w"))->id() == kId);
  }

  TEST_CASE("the last mark is there after opening again") {
    const TemporaryFolder folder;
    for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
      const std::string hash = "hash" + std::to_string(sequence);
      CHECK(open_witness(folder.file("w"))->raise({1, sequence}, hash).ok());
      CHECK(open_witness(folder.file("w"))->current() == ChainMark{{1, sequence}, hash});
    }
  }

  TEST_CASE("an earlier mark changes nothing, another hash at the same one is an error") {
    const TemporaryFolder folder;
    const auto witness = open_witness(folder.file("w"));
    REQUIRE(witness->raise({2, 7}, "h").ok());
    CHECK(witness->raise({2, 6}, "x").ok());
    CHECK(witness->raise({1, 99}, "x").ok());
    CHECK(witness->raise({2, 7}, "h").ok());
    const Status status = witness->raise({2, 7}, "other");
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code() == ErrorCode::corrupted);
    CHECK(open_witness(folder.file("w"))->current() == ChainMark{{2, 7}, "h"});
  }

  TEST_CASE("a write torn at any byte leaves the mark before it") {
    const TemporaryFolder folder;
    const std::string path = folder.file("w");
    REQUIRE(open_witness(path)->raise({1, 1}, "first").ok());
    const std::string before = read_all(path);
    REQUIRE(open_witness(path)->raise({1, 2}, "second").ok());
    const std::string after = read_all(path);
    REQUIRE(before.size() == after.size());
    int first = 0;
    for (std::size_t cut = 0; cut <= 512; cut += cut < 260 ? 3 : 73) {
      write_all(path, after.substr(0, cut) + before.substr(cut));
      const ChainMark mark = open_witness(path)->current();
      const bool is_first = mark == ChainMark{{1, 1}, "first"};
      first += static_cast<int>(is_first);
      if (!is_first) CHECK(mark == ChainMark{{1, 2}, "second"});
      // The one that is left can be raised again.
      CHECK(open_witness(path)->raise({1, 3}, "third").ok());
      CHECK(open_witness(path)->current() == ChainMark{{1, 3}, "third"});
    }
    CHECK(first > 30);
  }

  TEST_CASE("a file with neither slot whole is corrupted, never taken for a new one") {
    const TemporaryFolder folder;
    const std::string path = folder.file("w");
    REQUIRE(open_witness(path)->raise({1, 1}, "first").ok());
    const std::string whole = read_all(path);
    std::string broken = whole;
    broken[30] = static_cast<char>(broken[30] ^ 1);
    broken[4096 + 30] = static_cast<char>(broken[4096 + 30] ^ 1);
    for (const std::string& content :
         {broken, std::string{}, std::string(whole.size(), '\0'), whole.substr(0, 8191)}) {
      write_all(path, content);
      CHECK(refusal(path) == ErrorCode::corrupted);
    }
  }

  TEST_CASE("another tenant's witness is refused") {
    const TemporaryFolder folder;
    REQUIRE(open_witness(folder.file("w"))->raise({1, 1}, "first").ok());
    CHECK(refusal(folder.file("w"), TenantId{"other"}) == ErrorCode::conflict);
  }
}

}  // namespace
}  // namespace curfew
