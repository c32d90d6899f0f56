// io/mapped_file.hpp: a file as memory that several processes share; and locks on parts of a file,
// which the kernel releases when their holder dies, however it dies.
//
// Errors as in io/file.hpp. A file that somebody makes shorter while it is mapped ends the process
// that reads past its end (SIGBUS): map only files of which the owner is trusted.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/result.hpp"
#include "io/unique_fd.hpp"

namespace curfew {

enum class MapAccess : std::uint8_t { read, write };

// Whose the file is and which one it is, read from the very file that is mapped.
struct FileFacts {
  dev_t device = 0;
  ino_t inode = 0;
  uid_t owner = 0;
  mode_t mode = 0;  // permissions only

  [[nodiscard]] bool is_same_file(const FileFacts& other) const {
    return device == other.device && inode == other.inode;
  }
};

class MappedFile {
 public:
  // A new file of `bytes` zero bytes with exactly this mode; conflict if there is one. All of its
  // space is reserved, so that no later write to the memory can fail. Removed again on failure.
  [[nodiscard]] static Result<MappedFile> create(const std::string& path, std::size_t bytes,
                                                 mode_t mode, std::optional<gid_t> group);
  // A regular file, never through a symbolic link; exhausted if it has more than `bytes_max`.
  [[nodiscard]] static Result<MappedFile> open(const std::string& path, MapAccess access,
                                               std::size_t bytes_max);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }
  // Precondition: created, or opened for writing.
  [[nodiscard]] std::span<std::byte> writable() const;
  [[nodiscard]] const FileFacts& facts() const { return facts_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  MappedFile(UniqueFd fd, std::byte* data, std::size_t size, FileFacts facts, MapAccess access);
  static Result<MappedFile> map(UniqueFd fd, const std::string& path, MapAccess access,
                                std::size_t bytes_max);

  UniqueFd fd_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  FileFacts facts_;
  MapAccess access_ = MapAccess::read;
};

// Of what the path names now; nothing where there is no such regular file.
[[nodiscard]] std::optional<FileFacts> file_facts(const std::string& path);

// Locks the bytes for as long as `fd` is open (F_OFD_SETLK; the file must be open for writing);
// false if somebody else has locked any of them, or the system refused.
[[nodiscard]] bool try_lock_bytes(int fd, std::size_t offset, std::size_t count);
// Whether somebody who opened the file by themselves holds a lock on any of the bytes. True also
// when the system does not say.
[[nodiscard]] bool are_bytes_locked(int fd, std::size_t offset, std::size_t count);
void unlock_bytes(int fd, std::size_t offset, std::size_t count);

}  // namespace curfew
