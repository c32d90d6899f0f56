#include "api/admin/page_place.hpp"

#include <charconv>
#include <cstdint>

#include "base/text.hpp"

namespace curfew {

std::string to_next(const TimePlace& place) {
  return base64url_encode(std::to_string(to_unix_millis(place.at)) + "/" + place.id);
}

Result<std::optional<TimePlace>> time_place_of(const PageRequest& page) {
  if (page.after.empty()) return std::optional<TimePlace>{};
  const auto text = base64url_decode(page.after);
  if (!text) return bad_after();
  const char* const end = text->data() + text->size();
  std::int64_t millis = 0;
  const auto [stop, error] = std::from_chars(text->data(), end, millis);
  if (error != std::errc{} || stop == end || *stop != '/') return bad_after();
  TimePlace place{from_unix_millis(millis), std::string{stop + 1, end}};
  if (place.id.empty() || to_next(place) != page.after) return bad_after();
  return std::optional{std::move(place)};
}

Error bad_after() {
  return Error::permanent(ErrorCode::invalid_argument,
                          "after is not the `next` of a page of this list");
}

}  // namespace curfew
