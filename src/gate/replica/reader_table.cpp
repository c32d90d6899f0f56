#include "gate/replica/reader_table.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "base/check.hpp"
#include "gate/replica/file_sharing.hpp"
#include "io/file_error.hpp"

namespace curfew {

using namespace replica;

namespace {

constexpr mode_t kReaderFileMode = 0660;
constexpr std::uint64_t kReaderVersion = 1;
constexpr std::size_t kUncutAt = 2;  // of the head, as the next; the rest are of a seat
constexpr std::size_t kToldAt = 3;
constexpr std::size_t kPidAt = 0;
constexpr std::size_t kOpenAt = 2;
constexpr std::size_t kClosedThroughAt = 3;

std::uint64_t load(const std::uint64_t* word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
void store(std::uint64_t* word, std::uint64_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

// Whoever has stored sees what was stored elsewhere before, or is seen there. On x86-64 every
// locked instruction is a full fence, and the exchange takes 3 ns where a store and mfence take 20.
void store_and_fence(std::uint64_t* word, std::uint64_t value) {
#ifdef __x86_64__
  __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
#else
  store(word, value);
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

const std::uint64_t* seat_words(std::span<const std::byte> bytes, std::size_t number) {
  return reinterpret_cast<const std::uint64_t*>(bytes.data() + kSeatBytes * (number + 1));
}

const std::uint64_t* head_of(const MappedFile& table) {
  return reinterpret_cast<const std::uint64_t*>(table.bytes().data());
}

std::uint64_t* writable_head_of(const MappedFile& table) {
  return reinterpret_cast<std::uint64_t*>(table.writable().data());
}

// What goes over from a table that was removed to the next: nobody says it again by themselves.
struct UncutWords {
  std::uint64_t is_said = 0;
  std::uint64_t is_told = 0;
};

UncutWords uncut_words(const MappedFile& table) {
  // Told first: nobody is told what was not said before.
  const std::uint64_t is_told = load(head_of(table) + kToldAt);
  return {load(head_of(table) + kUncutAt), is_told};
}

// Sets only what is set: whoever uses the table may be saying it now.
void add_words(const UncutWords& words, const MappedFile& table) {
  if (words.is_said != 0) store(writable_head_of(table) + kUncutAt, 1);
  if (words.is_told != 0) store(writable_head_of(table) + kToldAt, 1);
}

Status check_reader_file(const MappedFile& file, const std::string& path) {
  const std::uint64_t* const head = head_of(file);
  if (file.bytes().size() == kReaderFileBytes && load(head) == kReaderMagic &&
      load(head + 1) == kReaderVersion) {
    return Done{};
  }
  return Error{ErrorCode::corrupted, Retry::after_human, path + " is no table of readers"};
}

void count_holders(const MappedFile& table, ReaderTable::Standing& standing) {
  for (std::size_t number = 0; number < kSeatsMax; ++number) {
    const std::uint64_t* const seat = seat_words(table.bytes(), number);
    if (load(seat + kOpenAt) == 0) continue;
    if (!are_bytes_locked(table.fd(), kSeatBytes * (number + 1), kSeatBytes)) continue;
    ++standing.holders;
    const Position closed =
        unpack_position(static_cast<std::int64_t>(load(seat + kClosedThroughAt)));
    if (closed >= standing.closed_through) continue;
    standing.closed_through = closed;
    standing.slowest_pid = static_cast<std::int64_t>(load(seat + kPidAt));
  }
}

// It is no table to anybody before all of it is there.
Result<MappedFile> create_reader_file(const std::string& path, std::optional<gid_t> group,
                                      const UncutWords& words) {
  CURFEW_TRY(MappedFile file, MappedFile::create(path, kReaderFileBytes, kReaderFileMode, group));
  std::uint64_t* const head = writable_head_of(file);
  add_words(words, file);
  store(head + 1, kReaderVersion);
  store(head, kReaderMagic);
  return file;
}

bool is_under_its_name(const MappedFile& file, const std::string& path) {
  const auto there = file_facts(path);
  return there && there->is_same_file(file.facts());
}

// With these words, in either case.
Result<MappedFile> find_or_make(const std::string& path, std::optional<gid_t> reader_group,
                                const UncutWords& words) {
  Result<MappedFile> found = MappedFile::open(path, MapAccess::write, kReaderFileBytes);
  if (found.ok()) {
    const bool is_own = found->facts().owner == ::geteuid() && (found->facts().mode & S_IWOTH) == 0;
    if (is_own && check_reader_file(*found, path).ok()) {
      CURFEW_TRY_STATUS(share_file(*found, path, kReaderFileMode, reader_group));
      add_words(words, *found);
      return found;
    }
    if (::unlink(path.c_str()) != 0) return file_error("removing", path, errno);
  }
  return create_reader_file(path, reader_group, words);
}

}  // namespace

std::string reader_table_path(const std::string& replica_path) { return replica_path + ".readers"; }

Result<ReaderTable> ReaderTable::open(const std::string& path, std::optional<gid_t> reader_group) {
  CURFEW_TRY(MappedFile file, find_or_make(path, reader_group, {}));
  return ReaderTable{std::move(file), path, reader_group};
}

Status ReaderTable::keep() {
  // Who had one open and sits down only now sees that it is not under its name any more.
  std::erase_if(left_, [](const MappedFile& table) {
    return !are_bytes_locked(table.fd(), kSeatBytes, kSeatBytes * kSeatsMax);
  });
  if (is_under_its_name(file_, path_)) return Done{};
  if (left_.size() >= kTablesLeftMax) {
    return Error{ErrorCode::exhausted, Retry::after_human,
                 path_ +
                     " was removed again and again, and readers sit in each of them; it is put "
                     "back when one has moved or ended"};
  }
  CURFEW_TRY(MappedFile next, find_or_make(path_, reader_group_, uncut_words(file_)));
  left_.push_back(std::exchange(file_, std::move(next)));
  return Done{};
}

Result<ReaderTable> ReaderTable::look(const std::string& path) {
  CURFEW_TRY(MappedFile file, MappedFile::open(path, MapAccess::read, kReaderFileBytes));
  CURFEW_TRY_STATUS(check_reader_file(file, path));
  return ReaderTable{std::move(file), path, std::nullopt};
}

Status UncutNotice::give() {
  if (!file_ || !is_under_its_name(*file_, path_)) {
    file_.reset();
    CURFEW_TRY(MappedFile file, MappedFile::open(path_, MapAccess::write, kReaderFileBytes));
    CURFEW_TRY_STATUS(check_reader_file(file, path_));
    add_words({.is_said = 1}, file);
    file_ = std::move(file);
  }
  // Whatever the gate had acknowledged before its server knew was applied before this was set.
  if (uncut_words(*file_).is_told != 0) return Done{};
  return Error::transient(ErrorCode::unavailable,
                          "the gate's process has not told its server yet that web servers ask "
                          "here; it does so once it is connected");
}

bool ReaderTable::has_uncut_requests() const {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return uncut_words(file_).is_said != 0;
}

void ReaderTable::note_uncut_requests_told() { add_words({.is_told = 1}, file_); }

bool ReaderTable::are_uncut_requests_told() const { return uncut_words(file_).is_told != 0; }

ReaderTable::Standing ReaderTable::standing() const {
  // With the fence of opening(): either we see the connection, or it is judged with what was
  // applied.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  Standing standing{.closed_through = {kGenerationMax, kSequenceMax}};
  count_holders(file_, standing);
  for (const MappedFile& table : left_) count_holders(table, standing);
  return standing;
}

Result<ReaderSeat> ReaderSeat::take(const std::string& path) {
  CURFEW_TRY(MappedFile file, MappedFile::open(path, MapAccess::write, kReaderFileBytes));
  CURFEW_TRY_STATUS(check_reader_file(file, path));
  for (std::size_t number = 0; number < kSeatsMax; ++number) {
    if (!try_lock_bytes(file.fd(), kSeatBytes * (number + 1), kSeatBytes)) continue;
    ReaderSeat seat{std::move(file), path, number};
    std::uint64_t* const words = seat.words();
    store(words + kOpenAt, 0);
    store(words + kClosedThroughAt, 0);
    store(words + kPidAt, static_cast<std::uint64_t>(::getpid()));
    if (is_under_its_name(seat.file_, path)) return seat;
    return Error{ErrorCode::conflict, Retry::later, path + " was removed just now"};
  }
  return Error{ErrorCode::exhausted, Retry::later,
               "all " + std::to_string(kSeatsMax) + " seats of " + path + " are taken"};
}

ReaderSeat::ReaderSeat(MappedFile file, std::string path, std::size_t number)
    : file_(std::move(file)),
      path_(std::move(path)),
      words_(
          reinterpret_cast<std::uint64_t*>(file_.writable().data() + kSeatBytes * (number + 1))) {}

void ReaderSeat::follow() {
  if (is_under_its_name(file_, path_)) return;
  Result<ReaderSeat> next = take(path_);
  if (!next.ok()) return;
  // In this order, and both are held meanwhile: the gate sees no moment without them.
  store(next->words() + kClosedThroughAt, load(words() + kClosedThroughAt));
  store(next->words() + kOpenAt, load(words() + kOpenAt));
  std::atomic_thread_fence(std::memory_order_seq_cst);
  *this = std::move(next).value();
}

void ReaderSeat::opening(Position contiguous) {
  std::uint64_t* const open_at = words() + kOpenAt;
  const std::uint64_t open = load(open_at);
  // Where nothing was open, nothing is left to close.
  if (open == 0) closed_through(contiguous);
  store_and_fence(open_at, open + 1);
}

void ReaderSeat::closed() {
  std::uint64_t* const open_at = words() + kOpenAt;
  const std::uint64_t open = load(open_at);
  CURFEW_CHECK(open != 0);
  store(open_at, open - 1);
}

void ReaderSeat::closed_through(Position position) {
  store(words() + kClosedThroughAt, static_cast<std::uint64_t>(pack(position)));
}

}  // namespace curfew
