#include "io/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "io/file_error.hpp"
#include "io/unique_fd.hpp"

namespace curfew {

namespace {

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return file_error("writing", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return Done{};
}

// A new file with this content, on disk; removed again if that fails.
Status write_new_file(const std::string& path, std::string_view content, mode_t mode) {
  UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!fd.valid()) return file_error("creating", path, errno);
  Status written = write_all(fd.get(), content, path);
  // The umask does not decide what an operator asked for.
  if (written.ok() && ::fchmod(fd.get(), mode) != 0) {
    written = file_error("setting the mode of", path, errno);
  }
  if (written.ok() && ::fsync(fd.get()) != 0) written = file_error("syncing", path, errno);
  if (!written.ok()) ::unlink(path.c_str());
  return written;
}

// Beside the target, because rename works within one file system only.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> count{0};
  return path + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(count.fetch_add(1));
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd.valid()) return file_error("reading", path, errno);
  std::string content;
  std::array<char, 64UL * 1024> buffer{};
  for (;;) {
    const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return file_error("reading", path, errno);
    if (size == 0) return content;
    if (content.size() + static_cast<std::size_t>(size) > bytes_max) {
      return Error::permanent(ErrorCode::exhausted,
                              path + " is longer than " + std::to_string(bytes_max) + " bytes");
    }
    content.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

Status write_file_atomic(const std::string& path, std::string_view content, mode_t mode) {
  const std::string temporary = temporary_name(path);
  CURFEW_TRY_STATUS(write_new_file(temporary, content, mode));
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int number = errno;
    ::unlink(temporary.c_str());
    return file_error("replacing", path, number);
  }
  return sync_directory(directory_of(path));
}

Status create_file(const std::string& path, std::string_view content, mode_t mode) {
  // Complete before it has its name; link(2), unlike rename, never replaces.
  const std::string temporary = temporary_name(path);
  CURFEW_TRY_STATUS(write_new_file(temporary, content, mode));
  const int outcome = ::link(temporary.c_str(), path.c_str());
  const int number = errno;
  ::unlink(temporary.c_str());
  if (outcome != 0) return file_error("creating", path, number);
  return sync_directory(directory_of(path));
}

Status sync_directory(const std::string& directory) {
  const UniqueFd fd{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd.valid()) return file_error("opening", directory, errno);
  if (::fsync(fd.get()) != 0) return file_error("syncing", directory, errno);
  return Done{};
}

Status make_private_directory(const std::string& path) {
  if (path.empty()) {
    return Error::permanent(ErrorCode::invalid_argument, "the path of a directory is empty");
  }
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0700) == 0) {
      CURFEW_TRY_STATUS(sync_directory(directory_of(part)));
    } else if (errno != EEXIST) {
      return file_error("creating", part, errno);
    }
    if (end == std::string::npos) break;
  }
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return file_error("checking", path, errno);
  if (!S_ISDIR(found.st_mode)) return file_error("checking", path, ENOTDIR);
  const bool foreign = found.st_uid != ::geteuid() || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if (foreign) {
    return Error{ErrorCode::denied, Retry::after_human,
                 path + " belongs to another user, or others may write to it"};
  }
  return Done{};
}

DurableFile::DurableFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

DurableFile::DurableFile(DurableFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

DurableFile& DurableFile::operator=(DurableFile&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
    path_ = std::move(other.path_);
  }
  return *this;
}

DurableFile::~DurableFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<DurableFile> DurableFile::open(const std::string& path) {
  UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  if (!fd.valid()) return file_error("opening", path, errno);
  if (::fsync(fd.get()) != 0) return file_error("syncing", path, errno);
  CURFEW_TRY_STATUS(sync_directory(directory_of(path)));
  return DurableFile{fd.release(), path};
}

Status DurableFile::append(std::string_view bytes) {
  CURFEW_TRY_STATUS(write_all(fd_, bytes, path_));
  if (::fdatasync(fd_) != 0) return file_error("syncing", path_, errno);
  return Done{};
}

FileLock::FileLock(int fd) : fd_(fd) {}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

// The file stays: removing it would let a third process lock a new one beside a waiting second.
FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<FileLock> FileLock::acquire(const std::string& path) {
  UniqueFd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!fd.valid()) return file_error("opening", path, errno);
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return file_error("locking", path, errno);
    std::array<char, 16> holder{};
    const ssize_t size = ::pread(fd.get(), holder.data(), holder.size() - 1, 0);
    std::string message = path + " is locked by another process";
    if (size > 0) message += " (" + std::to_string(std::atoi(holder.data())) + ")";
    return Error{ErrorCode::conflict, Retry::after_human, std::move(message)};
  }
  // For the message above; not needed for the lock, so failures do not matter.
  const std::string mine = std::to_string(::getpid());
  if (::ftruncate(fd.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(fd.get(), mine.data(), mine.size(), 0);
  }
  return FileLock{fd.release()};
}

}  // namespace curfew
