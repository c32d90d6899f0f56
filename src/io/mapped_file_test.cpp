#include "io/mapped_file.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>

#include "io/file.hpp"
#include "io/test_peer.hpp"

using namespace curfew;
using testing::TemporaryDirectory;

TEST_CASE("what is written to a mapped file is seen by who opens it, and is all zero before") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("map");
  Result<MappedFile> mine = MappedFile::create(path, 8192, 0640, std::nullopt);
  REQUIRE(mine.ok());
  Result<MappedFile> theirs = MappedFile::open(path, MapAccess::read, 8192);
  REQUIRE(theirs.ok());
  REQUIRE(theirs->bytes().size() == 8192);
  for (const std::byte each : theirs->bytes()) CHECK(each == std::byte{0});
  mine->writable()[8191] = std::byte{7};
  CHECK(theirs->bytes()[8191] == std::byte{7});
  CHECK(theirs->facts().mode == 0640);
  CHECK(theirs->facts().is_same_file(mine->facts()));
  CHECK(file_facts(path)->is_same_file(mine->facts()));
}

TEST_CASE("a mapped file is not created over another one, and not opened through a link") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("map");
  REQUIRE(MappedFile::create(path, 4096, 0600, std::nullopt).ok());
  const Result<MappedFile> again = MappedFile::create(path, 4096, 0600, std::nullopt);
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().code() == ErrorCode::conflict);
  REQUIRE(::symlink("map", directory.path("link").c_str()) == 0);
  CHECK_FALSE(MappedFile::open(directory.path("link"), MapAccess::read, 4096).ok());
  CHECK_FALSE(file_facts(directory.path("link")).has_value());
  CHECK_FALSE(MappedFile::open(path, MapAccess::read, 4095).ok());
  CHECK_FALSE(MappedFile::open(directory.path(""), MapAccess::read, 4096).ok());
}

TEST_CASE("a mapped file for which there is no space is refused and not left behind") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("map");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit little{64 * 1024, 64 * 1024};
    if (::setrlimit(RLIMIT_FSIZE, &little) != 0) ::_exit(2);
    const Result<MappedFile> made = MappedFile::create(path, 1 << 20, 0600, std::nullopt);
    ::_exit(!made.ok() && made.error().code() == ErrorCode::exhausted ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK_FALSE(file_facts(path).has_value());
}

TEST_CASE("a lock on bytes is held by one, seen by others, and gone with its holder") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("map");
  REQUIRE(MappedFile::create(path, 4096, 0600, std::nullopt).ok());
  Result<MappedFile> one = MappedFile::open(path, MapAccess::write, 4096);
  Result<MappedFile> other = MappedFile::open(path, MapAccess::write, 4096);
  REQUIRE(one.ok());
  REQUIRE(other.ok());
  CHECK(try_lock_bytes(one->fd(), 64, 64));
  CHECK(are_bytes_locked(other->fd(), 64, 64));
  CHECK_FALSE(are_bytes_locked(other->fd(), 0, 64));
  CHECK_FALSE(try_lock_bytes(other->fd(), 100, 1));
  unlock_bytes(one->fd(), 64, 64);
  CHECK_FALSE(are_bytes_locked(other->fd(), 64, 64));

  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Result<MappedFile> mine = MappedFile::open(path, MapAccess::write, 4096);
    const bool locked = mine.ok() && try_lock_bytes(mine->fd(), 128, 64);
    ::_exit(locked && are_bytes_locked(other->fd(), 128, 64) ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK_FALSE(are_bytes_locked(other->fd(), 128, 64));
}
