#include "io/file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <optional>

#include "io/test_peer.hpp"

using namespace curfew;
using testing::TemporaryDirectory;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat found{};
  REQUIRE(::lstat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

std::size_t entries(const std::string& directory) {
  struct stat found{};
  // Of a directory: 2 and its subdirectories; files do not count, so the names are listed instead.
  REQUIRE(::stat(directory.c_str(), &found) == 0);
  std::size_t count = 0;
  FILE* names = ::popen(("ls -A '" + directory + "'").c_str(), "r");
  REQUIRE(names != nullptr);
  for (int c = std::fgetc(names); c != EOF; c = std::fgetc(names)) count += c == '\n' ? 1 : 0;
  ::pclose(names);
  return count;
}

}  // namespace

TEST_CASE("a file is replaced as a whole, with its mode, and leaves nothing beside it") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("file");
  const mode_t before = ::umask(0077);
  CHECK(write_file_atomic(path, "first", 0644).ok());
  ::umask(before);
  CHECK(mode_of(path) == 0644);
  CHECK(write_file_atomic(path, std::string("sec\0ond", 7), 0600).ok());
  CHECK(mode_of(path) == 0600);
  const Result<std::string> read = read_file(path);
  REQUIRE(read.ok());
  CHECK(*read == std::string("sec\0ond", 7));
  CHECK(entries(directory.path("")) == 1);
}

TEST_CASE("replacing a symbolic link leaves what it points to alone") {
  const TemporaryDirectory directory;
  CHECK(write_file_atomic(directory.path("victim"), "safe", 0600).ok());
  REQUIRE(::symlink("victim", directory.path("link").c_str()) == 0);
  CHECK(write_file_atomic(directory.path("link"), "new", 0600).ok());
  CHECK(*read_file(directory.path("victim")) == "safe");
  CHECK(*read_file(directory.path("link")) == "new");
}

TEST_CASE("a file is created once") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("key");
  CHECK(create_file(path, "one", 0400).ok());
  CHECK(mode_of(path) == 0400);
  const Status second = create_file(path, "two", 0600);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code() == ErrorCode::conflict);
  CHECK(*read_file(path) == "one");
  CHECK(entries(directory.path("")) == 1);
}

TEST_CASE("what cannot be read or written says which path and why") {
  const TemporaryDirectory directory;
  const std::string missing = directory.path("no/such");
  const Result<std::string> read = read_file(missing);
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code() == ErrorCode::not_found);
  CHECK(read.error().message().find(missing) != std::string::npos);
  CHECK(write_file_atomic(missing, "x", 0600).error().code() == ErrorCode::not_found);
  CHECK(write_file_atomic(directory.path("five"), "12345", 0600).ok());
  CHECK(read_file(directory.path("five"), 5).ok());
  CHECK(read_file(directory.path("five"), 4).error().code() == ErrorCode::exhausted);
}

TEST_CASE("a private directory is made with its parents, for its owner alone") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("a/b/c");
  CHECK(make_private_directory(path).ok());
  CHECK(mode_of(path) == 0700);
  CHECK(mode_of(directory.path("a")) == 0700);
  CHECK(make_private_directory(path).ok());
  REQUIRE(::chmod(path.c_str(), 0770) == 0);
  CHECK(make_private_directory(path).error().code() == ErrorCode::denied);
  CHECK(write_file_atomic(directory.path("file"), "", 0600).ok());
  CHECK_FALSE(make_private_directory(directory.path("file")).ok());
  CHECK_FALSE(make_private_directory("").ok());
}

TEST_CASE("a durable file only grows, also after it was opened again") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("high-water");
  {
    Result<DurableFile> file = DurableFile::open(path);
    REQUIRE(file.ok());
    CHECK(file->append("1\n").ok());
    CHECK(file->append("2\n").ok());
  }
  Result<DurableFile> again = DurableFile::open(path);
  REQUIRE(again.ok());
  CHECK(again->append("3\n").ok());
  CHECK(*read_file(path) == "1\n2\n3\n");
  CHECK(mode_of(path) == 0600);
}

TEST_CASE("a data folder has one server at a time") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("lock");
  std::optional<FileLock> held;
  {
    Result<FileLock> first = FileLock::acquire(path);
    REQUIRE(first.ok());
    held.emplace(std::move(first).value());
  }
  const Result<FileLock> second = FileLock::acquire(path);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code() == ErrorCode::conflict);
  CHECK(second.error().message().find(std::to_string(::getpid())) != std::string::npos);
  held.reset();
  CHECK(FileLock::acquire(path).ok());
}

TEST_CASE("a lock ends with the process that held it") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("lock");
  const pid_t child = ::fork();
  if (child == 0) {
    const Result<FileLock> held = FileLock::acquire(path);
    ::_exit(held.ok() ? 0 : 1);
  }
  int outcome = 0;
  REQUIRE(::waitpid(child, &outcome, 0) == child);
  CHECK(outcome == 0);
  CHECK(FileLock::acquire(path).ok());
}
