// apps/curfew/event_stream.hpp: Server-Sent Events out of the pieces in which they arrive.
//
// Spec: HTML 9.2.5, as far as servers of events need it: lines end with LF or CRLF, a comment line
// begins with a colon, several data lines are one text with LF between them. Pure; any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace curfew {

// One event with its whole run is far below this; a server that never ends an event is cut off.
inline constexpr std::size_t kEventBytesMax = 16UL * 1024 * 1024;

class EventStream {
 public:
  // `name`: the events that are wanted; others are skipped.
  EventStream(std::string_view name, std::function<bool(std::string_view data)> on_event)
      : name_(name), on_event_(std::move(on_event)) {}

  // Takes the next piece. False: on_event returned false, or an event is too long; then no more is
  // taken.
  bool take(std::string_view piece);
  [[nodiscard]] bool is_too_long() const { return is_too_long_; }

 private:
  bool take_line(std::string_view line);

  std::string name_;
  std::function<bool(std::string_view)> on_event_;
  std::string line_;  // begun, not ended
  std::string event_name_;
  std::string data_;
  bool has_data_ = false;
  bool is_over_ = false;
  bool is_too_long_ = false;
};

}  // namespace curfew
