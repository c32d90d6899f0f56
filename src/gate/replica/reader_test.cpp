#include "gate/replica/reader.hpp"

#include <sys/stat.h>

#include <cstring>

#include "gate/replica/test_replica.hpp"
#include "gate/replica/trust.hpp"

namespace curfew {

using namespace replica;
using namespace testing;

namespace {

// A small file's bytes, as a gate leaves them.
std::string served_bytes() {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  apply_all(*writer, {entry_of(Effect::block, user_key(1), 1)});
  const Result<std::string> bytes = read_file(replica.path());
  REQUIRE(bytes.ok());
  return *bytes;
}

Result<ReplicaReader> open_bytes(const TestReplica& replica, std::string_view bytes,
                                 mode_t mode = 0640) {
  REQUIRE(write_file_atomic(replica.path(), bytes, mode).ok());
  return replica.read();
}

}  // namespace

TEST_CASE("a replica that a writer serves is read, with mode 0640") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  apply_all(*writer, {entry_of(Effect::block, user_key(1), 1)});
  const auto reader = replica.read();
  REQUIRE(reader.ok());
  CHECK(reader->facts().mode == 0640);
  CHECK(reader->view().find(user_key(1)) == KeyMarks{1, 0, true});
  CHECK(reader->view().contiguous() == at(1));
}

TEST_CASE("each flipped byte of what does not change is recognised") {
  const std::string good = served_bytes();
  const TestReplica replica;
  REQUIRE(open_bytes(replica, good).ok());
  for (std::size_t at_byte = 0; at_byte < sizeof(FixedPart); ++at_byte) {
    for (const int flipped : {0x01, 0x80, 0xff}) {
      std::string bytes = good;
      bytes[at_byte] = static_cast<char>(bytes[at_byte] ^ flipped);
      CHECK_MESSAGE(!ReplicaView::over(std::as_bytes(std::span{bytes})).ok(), at_byte);
    }
  }
}

TEST_CASE("each flipped byte of the signing keys is recognised") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  REQUIRE(writer->set_signing_keys(R"({"keys":[{"kid":"1"}]})").ok());
  const Result<std::string> good = read_file(replica.path());
  REQUIRE(good.ok());
  const std::size_t copy = kHeaderBytes + kJwksHeadBytes + 4096;  // version 1 is in the second one
  for (std::size_t at_byte = copy; at_byte < copy + kJwksHeadBytes + 22; ++at_byte) {
    std::string bytes = *good;
    bytes[at_byte] = static_cast<char>(bytes[at_byte] ^ 0x10);
    const auto view = ReplicaView::over(std::as_bytes(std::span{bytes}));
    REQUIRE(view.ok());
    CHECK_MESSAGE(!view->signing_keys().ok(), at_byte);
  }
}

TEST_CASE("a file that is cut off, longer, empty, all zero or of another version is refused") {
  const std::string good = served_bytes();
  const TestReplica replica;
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, std::size_t{511}, kHeaderBytes - 1,
                                 kHeaderBytes, good.size() - 1}) {
    CHECK_MESSAGE(!open_bytes(replica, good.substr(0, size)).ok(), size);
  }
  CHECK_FALSE(open_bytes(replica, good + '\0').ok());
  CHECK_FALSE(open_bytes(replica, std::string(good.size(), '\0')).ok());
  // As another version of the program would write it: with a checksum that is right.
  std::string newer = good;
  FixedPart fixed;
  std::memcpy(&fixed, newer.data(), sizeof fixed);
  fixed.version = kFormatVersion + 1;
  fixed.checksum = checksum_of(fixed);
  std::memcpy(newer.data(), &fixed, sizeof fixed);
  const auto opened = open_bytes(replica, newer);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code() == ErrorCode::protocol);
  CHECK(opened.error().message().find("version 2") != std::string::npos);
}

TEST_CASE("offsets that do not follow from the sizes are refused, with a checksum that is right") {
  const std::string good = served_bytes();
  for (std::size_t word = 80; word <= 136; word += 8) {
    for (const std::uint64_t value : {0ULL, 1ULL, ~0ULL, 1ULL << 63, 4096ULL}) {
      std::string bytes = good;
      std::uint64_t before = 0;
      std::memcpy(&before, bytes.data() + word, sizeof before);
      if (before == value) continue;
      std::memcpy(bytes.data() + word, &value, sizeof value);
      const auto checksum = checksum_of(std::string_view{bytes}.substr(0, kChecksummedBytes));
      std::memcpy(bytes.data() + kChecksummedBytes, checksum.data(), sizeof checksum);
      CHECK_MESSAGE(!ReplicaView::over(std::as_bytes(std::span{bytes})).ok(), word);
    }
  }
}

TEST_CASE("a replica that others may write, or somebody else owns, is not believed") {
  const std::string good = served_bytes();
  const TestReplica replica;
  for (const mode_t mode : {0660U, 0642U, 0666U, 0620U}) {
    const auto opened = open_bytes(replica, good, mode);
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().code() == ErrorCode::denied);
  }
  FileFacts facts{.owner = 1234, .mode = 0640};
  CHECK_FALSE(check_trust(facts, {1000}, "file").ok());
  CHECK(check_trust(facts, {1000, 1234}, "file").ok());
  facts.owner = 0;
  CHECK(check_trust(facts, {}, "file").ok());
}

TEST_CASE("a replica of another tenant or issuer, or not in service, is refused") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  ReaderRules rules = test_rules();
  rules.identity.tenant_id = "tenant-2";
  CHECK(ReplicaReader::open(replica.path(), rules).error().code() == ErrorCode::conflict);
  rules = test_rules();
  rules.identity.issuer = "https://id.contoso.com/";
  CHECK(ReplicaReader::open(replica.path(), rules).error().code() == ErrorCode::conflict);
  std::string bytes = *read_file(replica.path());
  for (const std::uint64_t state : {0ULL, 1ULL, 4ULL, 5ULL, ~0ULL}) {
    std::memcpy(bytes.data() + kStateAt, &state, sizeof state);
    CHECK_FALSE(open_bytes(replica, bytes).ok());
  }
  CHECK(ReplicaReader::open(replica.path() + ".none", test_rules()).error().code() ==
        ErrorCode::not_found);
}

TEST_CASE("a file without a free slot, which no gate of ours writes, refuses every key") {
  std::string bytes = served_bytes();
  FixedPart fixed;
  std::memcpy(&fixed, bytes.data(), sizeof fixed);
  std::memset(bytes.data() + fixed.bloom_offset, 0xff, fixed.file_bytes - fixed.bloom_offset);
  const auto view = ReplicaView::over(std::as_bytes(std::span{bytes}));
  REQUIRE(view.ok());
  CHECK(view->find(user_key(77)).is_blocked);
}

}  // namespace curfew
