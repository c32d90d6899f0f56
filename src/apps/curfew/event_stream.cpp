#include "apps/curfew/event_stream.hpp"

#include <utility>

namespace curfew {

bool EventStream::take(std::string_view piece) {
  while (!piece.empty() && !is_over_) {
    const std::size_t end = piece.find('\n');
    line_ += piece.substr(0, end);
    if (line_.size() + data_.size() > kEventBytesMax) {
      is_too_long_ = is_over_ = true;
      break;
    }
    if (end == std::string_view::npos) break;
    piece.remove_prefix(end + 1);
    std::string line = std::exchange(line_, {});
    if (line.ends_with('\r')) line.pop_back();
    is_over_ = !take_line(line);
  }
  return !is_over_;
}

bool EventStream::take_line(std::string_view line) {
  if (line.empty()) {
    const std::string data = std::exchange(data_, {});
    const std::string name = std::exchange(event_name_, {});
    const bool is_wanted = std::exchange(has_data_, false) && name == name_;
    return !is_wanted || on_event_(data);
  }
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") event_name_ = value;
  if (field == "data") {
    if (std::exchange(has_data_, true)) data_ += '\n';
    data_ += value;
  }
  return true;
}

}  // namespace curfew
