#include "io/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/check.hpp"
#include "io/file_error.hpp"

namespace curfew {

namespace {

FileFacts facts_of(const struct stat& found) {
  return {found.st_dev, found.st_ino, found.st_uid, found.st_mode & 07777};
}

Status reserve(int fd, const std::string& path, std::size_t bytes, mode_t mode,
               std::optional<gid_t> group) {
  // Not by ftruncate(2): a hole has no space yet, and touching it on a full disk is SIGBUS.
  int number = 0;
  do {
    number = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  } while (number == EINTR);
  if (number != 0) return file_error("reserving the space of", path, number);
  if (group && ::fchown(fd, static_cast<uid_t>(-1), *group) != 0) {
    return file_error("setting the group of", path, errno);
  }
  if (::fchmod(fd, mode) != 0) return file_error("setting the mode of", path, errno);
  return Done{};
}

struct flock range(short type, std::size_t offset, std::size_t count) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(offset);
  lock.l_len = static_cast<off_t>(count);
  return lock;
}

}  // namespace

MappedFile::MappedFile(UniqueFd fd, std::byte* data, std::size_t size, FileFacts facts,
                       MapAccess access)
    : fd_(std::move(fd)), data_(data), size_(size), facts_(facts), access_(access) {}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : fd_(std::move(other.fd_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      facts_(other.facts_),
      access_(other.access_) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(facts_, other.facts_);
  std::swap(access_, other.access_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

std::span<std::byte> MappedFile::writable() const {
  CURFEW_CHECK(access_ == MapAccess::write);
  return {data_, size_};
}

Result<MappedFile> MappedFile::map(UniqueFd fd, const std::string& path, MapAccess access,
                                   std::size_t bytes_max) {
  struct stat found{};
  if (::fstat(fd.get(), &found) != 0) return file_error("checking", path, errno);
  if (!S_ISREG(found.st_mode)) return file_error("mapping", path, ENODEV);
  const auto size = static_cast<std::size_t>(found.st_size);
  if (size > bytes_max) return file_error("mapping", path, EFBIG);
  if (size == 0) return MappedFile{std::move(fd), nullptr, 0, facts_of(found), access};
  const int protection = access == MapAccess::write ? PROT_READ | PROT_WRITE : PROT_READ;
  void* const data = ::mmap(nullptr, size, protection, MAP_SHARED, fd.get(), 0);
  if (data == MAP_FAILED) return file_error("mapping", path, errno);
  return MappedFile{std::move(fd), static_cast<std::byte*>(data), size, facts_of(found), access};
}

Result<MappedFile> MappedFile::create(const std::string& path, std::size_t bytes, mode_t mode,
                                      std::optional<gid_t> group) {
  UniqueFd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!fd.valid()) return file_error("creating", path, errno);
  const Status reserved = reserve(fd.get(), path, bytes, mode, group);
  Result<MappedFile> mapped = reserved.ok() ? map(std::move(fd), path, MapAccess::write, bytes)
                                            : Result<MappedFile>{reserved.error()};
  if (!mapped.ok()) ::unlink(path.c_str());
  return mapped;
}

Result<MappedFile> MappedFile::open(const std::string& path, MapAccess access,
                                    std::size_t bytes_max) {
  const int how = access == MapAccess::write ? O_RDWR : O_RDONLY;
  // Not blocking: opening a pipe that somebody put there would wait for a writer.
  UniqueFd fd{::open(path.c_str(), how | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
  if (!fd.valid()) return file_error("opening", path, errno);
  return map(std::move(fd), path, access, bytes_max);
}

std::optional<FileFacts> file_facts(const std::string& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  return facts_of(found);
}

bool try_lock_bytes(int fd, std::size_t offset, std::size_t count) {
  struct flock lock = range(F_WRLCK, offset, count);
  return ::fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

bool are_bytes_locked(int fd, std::size_t offset, std::size_t count) {
  struct flock lock = range(F_WRLCK, offset, count);
  return ::fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

void unlock_bytes(int fd, std::size_t offset, std::size_t count) {
  struct flock lock = range(F_UNLCK, offset, count);
  static_cast<void>(::fcntl(fd, F_OFD_SETLK, &lock));
}

}  // namespace curfew
