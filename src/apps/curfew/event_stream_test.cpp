#include "apps/curfew/event_stream.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace curfew {
namespace {

using Events = std::vector<std::string>;

// The data of the "run" events, of a stream that comes in pieces of so many bytes.
Events events_of(std::string_view stream, std::size_t piece) {
  Events events;
  EventStream reader{"run", [&](std::string_view data) {
                       events.emplace_back(data);
                       return data != "last";
                     }};
  for (std::size_t at = 0; at < stream.size(); at += piece) reader.take(stream.substr(at, piece));
  return events;
}

TEST_CASE("an event is the same in however many pieces it arrives") {
  constexpr std::string_view kStream =
      ": still here\n\nevent: run\ndata: one\n\nevent: run\r\ndata:two\r\ndata: lines\r\n\r\n";
  for (std::size_t piece = 1; piece <= kStream.size(); ++piece) {
    CAPTURE(piece);
    CHECK(events_of(kStream, piece) == Events{"one", "two\nlines"});
  }
}

TEST_CASE("events of another name, without data or without an end are not reported") {
  CHECK(events_of("event: error\ndata: {}\n\ndata: nameless\n\nevent: run\n\n", 7).empty());
  CHECK(events_of("event: run\ndata: begun\n", 7).empty());
  CHECK(events_of("event: runs\ndata: other\n\n", 7).empty());
}

TEST_CASE("after the receiver has had enough nothing more is reported") {
  CHECK(events_of("event: run\ndata: last\n\nevent: run\ndata: late\n\n", 100) == Events{"last"});
}

TEST_CASE("an event that never ends is given up at a limit") {
  std::size_t reported = 0;
  EventStream reader{"run", [&](std::string_view) { return ++reported != 0; }};
  const std::string line = "data: " + std::string(64UL * 1024, 'x') + "\n";
  std::size_t taken = 0;
  while (reader.take(line)) taken += line.size();
  CHECK(reader.is_too_long());
  CHECK(taken <= kEventBytesMax + line.size());
  CHECK_FALSE(reader.take("\n\n"));
  CHECK(reported == 0);
}

}  // namespace
}  // namespace curfew
