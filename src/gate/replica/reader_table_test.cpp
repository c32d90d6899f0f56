#include "gate/replica/reader_table.hpp"

#include <sys/stat.h>
#include <sys/wait.h>

#include "gate/replica/test_replica.hpp"

namespace curfew {

using namespace replica;
using namespace testing;

namespace {

struct Seats {
  TestReplica replica;
  std::string path = reader_table_path(replica.path());
  Result<ReaderTable> table = ReaderTable::open(path, std::nullopt);

  Seats() { REQUIRE(table.ok()); }
  [[nodiscard]] ReaderTable::Standing standing() const { return table->standing(); }
};

const Position kNobody{kGenerationMax, kSequenceMax};

}  // namespace

TEST_CASE("only readers with open connections hold the gate up, and the slowest counts") {
  const Seats seats;
  CHECK(seats.standing().closed_through == kNobody);
  Result<ReaderSeat> one = ReaderSeat::take(seats.path);
  Result<ReaderSeat> other = ReaderSeat::take(seats.path);
  REQUIRE(one.ok());
  REQUIRE(other.ok());
  CHECK(seats.standing().holders == 0);
  one->opening(at(5));
  other->opening(at(7));
  CHECK(seats.standing().closed_through == at(5));
  CHECK(seats.standing().holders == 2);
  CHECK(seats.standing().slowest_pid == ::getpid());
  one->opening(at(9));  // a second connection does not close what the first one is
  CHECK(seats.standing().closed_through == at(5));
  one->closed_through(at(9));
  CHECK(seats.standing().closed_through == at(7));
  other->closed();
  CHECK(seats.standing().closed_through == at(9));
  one->closed();
  CHECK(seats.standing().holders == 1);
  one->closed();
  CHECK(seats.standing().closed_through == kNobody);
}

TEST_CASE(
    "that requests go on which nobody sees end stays said for as long as the table is there") {
  Seats seats;
  CHECK_FALSE(seats.table->has_uncut_requests());
  UncutNotice notice{seats.path};
  CHECK_FALSE(notice.give().ok());
  CHECK(seats.table->has_uncut_requests());
  CHECK(seats.standing().holders == 0);
  CHECK(ReaderSeat::take(seats.path).ok());
  // As the gate's next process finds it.
  CHECK(ReaderTable::open(seats.path, std::nullopt)->has_uncut_requests());
  UncutNotice nowhere{seats.path + "x"};
  CHECK(nowhere.give().error().code() == ErrorCode::not_found);
}

TEST_CASE("who lets in what nobody sees end waits until the gate's server knows") {
  Seats seats;
  UncutNotice notice{seats.path};
  CHECK(notice.give().error().code() == ErrorCode::unavailable);
  CHECK(notice.give().error().code() == ErrorCode::unavailable);
  CHECK_FALSE(seats.table->are_uncut_requests_told());
  seats.table->note_uncut_requests_told();
  CHECK(seats.table->are_uncut_requests_told());
  CHECK(notice.give().ok());
  CHECK(UncutNotice{seats.path}.give().ok());
  CHECK(ReaderTable::open(seats.path, std::nullopt)->are_uncut_requests_told());
}

TEST_CASE("that requests go on which nobody sees end stays said when the table is made anew") {
  Seats seats;
  UncutNotice notice{seats.path};
  CHECK_FALSE(notice.give().ok());
  for (int again = 0; again < 3; ++again) {
    REQUIRE(::unlink(seats.path.c_str()) == 0);
    CHECK(seats.table->has_uncut_requests());
    REQUIRE(seats.table->keep().ok());
    CHECK(seats.table->has_uncut_requests());
    CHECK_FALSE(seats.table->are_uncut_requests_told());
  }
  seats.table->note_uncut_requests_told();
  REQUIRE(::unlink(seats.path.c_str()) == 0);
  REQUIRE(seats.table->keep().ok());
  CHECK(seats.table->are_uncut_requests_told());
  CHECK(notice.give().ok());
  CHECK(ReaderTable::look(seats.path)->has_uncut_requests());
}

TEST_CASE(
    "what is said in a table that is gone is said again in the next, before anybody goes on") {
  Seats seats;
  UncutNotice notice{seats.path};
  CHECK_FALSE(notice.give().ok());
  seats.table->note_uncut_requests_told();
  CHECK(notice.give().ok());
  REQUIRE(::unlink(seats.path.c_str()) == 0);
  CHECK(notice.give().error().code() == ErrorCode::not_found);
  // The gate's next process knows nothing of the one before.
  seats.table = ReaderTable::open(seats.path, std::nullopt);
  REQUIRE(seats.table.ok());
  CHECK_FALSE(seats.table->has_uncut_requests());
  CHECK(notice.give().error().code() == ErrorCode::unavailable);
  CHECK(seats.table->has_uncut_requests());
}

TEST_CASE("who only looks at the table sees the same, and makes none") {
  const Seats seats;
  Result<ReaderSeat> one = ReaderSeat::take(seats.path);
  REQUIRE(one.ok());
  one->opening(at(5));
  const Result<ReaderTable> look = ReaderTable::look(seats.path);
  REQUIRE(look.ok());
  CHECK(look->standing().closed_through == at(5));
  CHECK(look->standing().holders == 1);
  const std::string nowhere = seats.path + "x";
  CHECK(ReaderTable::look(nowhere).error().code() == ErrorCode::not_found);
  CHECK(::access(nowhere.c_str(), F_OK) != 0);
}

TEST_CASE("a reader that dies holds nobody up, and its seat is free again") {
  const Seats seats;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Result<ReaderSeat> seat = ReaderSeat::take(seats.path);
    if (!seat.ok()) ::_exit(1);
    seat->opening(at(3));
    ::_exit(seats.standing().closed_through == at(3) ? 0 : 2);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(seats.standing().holders == 0);
  Result<ReaderSeat> seat = ReaderSeat::take(seats.path);
  REQUIRE(seat.ok());
  CHECK(seats.standing().holders == 0);
  seat->opening(at(4));
  CHECK(seats.standing().closed_through == at(4));
}

TEST_CASE("there is an end to the seats, and a table goes on when the gate starts again") {
  const Seats seats;
  std::vector<ReaderSeat> taken;
  for (std::size_t number = 0; number < kSeatsMax; ++number) {
    Result<ReaderSeat> seat = ReaderSeat::take(seats.path);
    REQUIRE(seat.ok());
    taken.push_back(std::move(seat).value());
  }
  CHECK(ReaderSeat::take(seats.path).error().code() == ErrorCode::exhausted);
  taken.back().opening(at(8));
  const Result<ReaderTable> again = ReaderTable::open(seats.path, std::nullopt);
  REQUIRE(again.ok());
  CHECK(again->standing().closed_through == at(8));
  CHECK(file_facts(seats.path)->mode == 0660);
}

TEST_CASE(
    "a table that is removed is made anew, and who sits in the old one counts until it moves") {
  Seats seats;
  Result<ReaderSeat> seat = ReaderSeat::take(seats.path);
  REQUIRE(seat.ok());
  seat->opening(at(3));
  REQUIRE(seats.table->keep().ok());
  CHECK(seats.standing().holders == 1);
  REQUIRE(::unlink(seats.path.c_str()) == 0);
  seat->follow();  // there is nowhere to go yet
  CHECK(seats.standing().closed_through == at(3));
  REQUIRE(seats.table->keep().ok());
  CHECK(file_facts(seats.path)->mode == 0660);
  CHECK(seats.standing().closed_through == at(3));
  CHECK(seats.standing().holders == 1);

  Result<ReaderSeat> other = ReaderSeat::take(seats.path);
  REQUIRE(other.ok());
  other->opening(at(5));
  CHECK(seats.standing().holders == 2);
  seat->follow();
  REQUIRE(seats.table->keep().ok());
  CHECK(seats.standing().holders == 2);
  CHECK(seats.standing().closed_through == at(3));
  // What is under the name shows it to others, such as the next process of the gate.
  CHECK(ReaderTable::look(seats.path)->standing().closed_through == at(3));
  seat->closed_through(at(7));
  CHECK(seats.standing().closed_through == at(5));
  seat->closed();
  CHECK(seats.standing().holders == 1);
}

TEST_CASE("a reader that died in a table which was removed holds nobody up") {
  Seats seats;
  {
    Result<ReaderSeat> seat = ReaderSeat::take(seats.path);
    REQUIRE(seat.ok());
    seat->opening(at(3));
    REQUIRE(::unlink(seats.path.c_str()) == 0);
    REQUIRE(seats.table->keep().ok());
    CHECK(seats.standing().holders == 1);
  }
  CHECK(seats.standing().holders == 0);
}

TEST_CASE("none of the readers is forgotten, however often the table is removed") {
  Seats seats;
  std::vector<ReaderSeat> sitting;
  for (std::size_t number = 0; number <= kTablesLeftMax; ++number) {
    Result<ReaderSeat> seat = ReaderSeat::take(seats.path);
    REQUIRE(seat.ok());
    seat->opening(at(number + 1));
    sitting.push_back(std::move(seat).value());
    REQUIRE(::unlink(seats.path.c_str()) == 0);
    if (number == kTablesLeftMax) break;
    REQUIRE(seats.table->keep().ok());
  }
  CHECK(seats.table->keep().error().code() == ErrorCode::exhausted);
  CHECK(seats.standing().holders == kTablesLeftMax + 1);
  CHECK(seats.standing().closed_through == at(1));
  sitting.erase(sitting.begin());
  REQUIRE(seats.table->keep().ok());
  CHECK(seats.standing().closed_through == at(2));
  for (ReaderSeat& seat : sitting) seat.follow();
  CHECK(ReaderTable::look(seats.path)->standing().holders == kTablesLeftMax);
}

TEST_CASE("a table that everybody may write, or that is none, is made anew; none is no seat") {
  const TestReplica replica;
  const std::string path = reader_table_path(replica.path());
  CHECK_FALSE(ReaderSeat::take(path).ok());
  REQUIRE(write_file_atomic(path, std::string(kReaderFileBytes, 'x'), 0660).ok());
  CHECK(ReaderSeat::take(path).error().code() == ErrorCode::corrupted);
  REQUIRE(ReaderTable::open(path, std::nullopt).ok());
  CHECK(ReaderSeat::take(path).ok());
  const FileFacts before = *file_facts(path);
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  const Result<MappedFile> kept = MappedFile::open(path, MapAccess::read, kReaderFileBytes);
  REQUIRE(ReaderTable::open(path, std::nullopt).ok());
  CHECK_FALSE(file_facts(path)->is_same_file(before));
}

}  // namespace curfew
