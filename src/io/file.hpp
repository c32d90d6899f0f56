// io/file.hpp: files that survive a crash, directories and files that only their owner can read,
// and the lock that keeps two servers from one data folder.
//
// Errors name the path: not_found, denied (permissions), conflict (exists or locked), exhausted
// (disk full, too large), unavailable (any other failure of the system). Paths come from an
// operator.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace curfew {

// Configuration, keys, import files. Larger ones are read in a different way.
inline constexpr std::size_t kFileBytesMax = 64UL * 1024 * 1024;

// The whole content; exhausted if it is longer than `bytes_max`.
[[nodiscard]] Result<std::string> read_file(const std::string& path,
                                            std::size_t bytes_max = kFileBytesMax);

// After success the file has exactly this content and mode, even if the power fails now; before
// that, whoever reads sees the old content or the new one, never a part. Replaces a symbolic link
// rather than following it.
[[nodiscard]] Status write_file_atomic(const std::string& path, std::string_view content,
                                       mode_t mode);

// Creates the file with exactly this mode; conflict if it exists. Durable as above.
[[nodiscard]] Status create_file(const std::string& path, std::string_view content, mode_t mode);

// The directory and its missing parents with mode 0700. Success if it is there already; denied if
// it belongs to another user or others may write to it.
[[nodiscard]] Status make_private_directory(const std::string& path);

// Makes names that were created, renamed or removed in the directory survive a power failure.
[[nodiscard]] Status sync_directory(const std::string& directory);

// A small file that only grows (the high-water file): each append is on disk when it returns.
class DurableFile {
 public:
  // Opens or creates (mode 0600) and makes the directory entry durable.
  [[nodiscard]] static Result<DurableFile> open(const std::string& path);
  DurableFile(DurableFile&& other) noexcept;
  DurableFile& operator=(DurableFile&& other) noexcept;
  ~DurableFile();

  // All of `bytes` at the end of the file, then fdatasync. After an error the file's end is
  // undefined: the reader must recognise an incomplete last record.
  Status append(std::string_view bytes);

 private:
  DurableFile(int fd, std::string path);
  int fd_ = -1;
  std::string path_;
};

// Held for as long as it lives; the kernel releases it when the process dies, however it dies.
class FileLock {
 public:
  // Creates the file if needed (mode 0600) and locks it (flock). conflict if another process, or
  // another FileLock of this one, holds it; the message names the holder's process id if it is
  // known.
  [[nodiscard]] static Result<FileLock> acquire(const std::string& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int fd);
  int fd_ = -1;
};

}  // namespace curfew
