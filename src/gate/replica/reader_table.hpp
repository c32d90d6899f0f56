// gate/replica/reader_table.hpp: which readers have connections open, and up to which position they
// have closed what had to be closed.
//
// A file beside the replica, which readers may write (mode 0660), so that the replica itself need
// not be: it lies there through every change of files. A reader holds a lock on its seat, which the
// kernel releases when it dies, in whatever container it lived; its process id stands there for
// people. What readers write is not believed beyond this: a lie of one of them holds the gate up,
// or claims for itself what only it can do. It cannot speak for another one's seat while that one
// lives, unless it writes the file past this code: whoever may write the file is trusted that far.
//
// A file that is removed is made anew. Readers move to the new one by themselves; as long as one
// sits in the one of before, that counts too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/mapped_file.hpp"
#include "model/position.hpp"

namespace curfew {

namespace replica {

// The file: a head of 64 bytes {magic, version, 1 where requests go on that nobody here sees end,
// 1 once the gate's server knows that}, then seats of 64 bytes {process id, unused, connections
// open, closed_through packed as the generation in 19 bits and the sequence in 44}.
inline constexpr std::uint64_t kReaderMagic = 0x4452574546525543;  // the bytes CURFEWRD
inline constexpr std::size_t kSeatBytes = 64;
inline constexpr std::size_t kSeatsMax = 255;
inline constexpr std::size_t kReaderFileBytes = kSeatBytes * (kSeatsMax + 1);
// Tables that were removed and still have readers: more than anybody removes by mistake.
inline constexpr std::size_t kTablesLeftMax = 8;

}  // namespace replica

// Where the readers of a replica sit.
[[nodiscard]] std::string reader_table_path(const std::string& replica_path);

// The side of who lets requests in whose end it does not see, and cannot bring about. It says so
// before it judges the first of them, and lets nobody in before the gate's server knows. Both stay
// said for as long as the file is there, whoever dies, and go over to the one that a gate puts in
// its place. One thread at a time.
class UncutNotice {
 public:
  explicit UncutNotice(std::string path) : path_(std::move(path)) {}

  // Call it before each request is judged: says so, where the table under the name has not heard
  // it yet. unavailable until the server knows; other errors are of the file.
  [[nodiscard]] Status give();

 private:
  std::string path_;
  std::optional<MappedFile> file_;  // where it is said
};

// The gate's side. One thread at a time.
class ReaderTable {
 public:
  // Creates the file, or takes the one that is there if it is the gate's own; either is the
  // group's.
  [[nodiscard]] static Result<ReaderTable> open(const std::string& path,
                                                std::optional<gid_t> reader_group);

  // Call it about once a second: puts a table under its name where there is none, or another one.
  // exhausted if readers sit in too many that were removed; then nothing new is made, so that none
  // of them is forgotten.
  [[nodiscard]] Status keep();

  // The same as open() for who only looks: changes and makes nothing.
  [[nodiscard]] static Result<ReaderTable> look(const std::string& path);

  struct Standing {
    Position closed_through;       // the lowest; as high as can be where nobody counts
    std::uint32_t holders = 0;     // living readers with open connections
    std::int64_t slowest_pid = 0;  // the one that holds the lowest, for an operator
  };
  // Of the living readers that have connections open. Call it after applying an entry, before
  // acknowledging it.
  [[nodiscard]] Standing standing() const;
  // Whether UncutNotice::give() was called. Ask after applying an entry, as standing().
  [[nodiscard]] bool has_uncut_requests() const;
  // The server has answered a message that said so: who waits for that goes on.
  void note_uncut_requests_told();
  [[nodiscard]] bool are_uncut_requests_told() const;

 private:
  ReaderTable(MappedFile file, std::string path, std::optional<gid_t> reader_group)
      : file_(std::move(file)), path_(std::move(path)), reader_group_(reader_group) {}

  MappedFile file_;
  std::string path_;
  std::optional<gid_t> reader_group_;
  std::vector<MappedFile> left_;  // gone from under the name, with readers in them
};

// A reader's side: its seat, for as long as this lives and the process does. A process that forks
// after taking a seat shares it with its child: take one in each. One thread at a time.
//
// Read P and say opening(P) before a connection is judged, and closed() when it is gone or was
// refused. Some times a second: read P, then ReplicaView::look(); if that has moved or the file
// is another one, judge every open connection again and close what is dead; then say
// closed_through(P).
class ReaderSeat {
 public:
  // exhausted if every seat is taken.
  [[nodiscard]] static Result<ReaderSeat> take(const std::string& path);

  void opening(Position contiguous);
  void closed();
  void closed_through(Position position);

  // Call it with each look: where the table was made anew, a seat in the new one with all that this
  // one says. Where there is none to be had, this one stays, and the gate goes by it.
  void follow();

 private:
  ReaderSeat(MappedFile file, std::string path, std::size_t number);
  [[nodiscard]] std::uint64_t* words() const { return words_; }
  MappedFile file_;
  std::string path_;
  std::uint64_t* words_;  // of this seat, in the file
};

}  // namespace curfew
