// revocation/parts/words.hpp: how parts name their items, for the store and for people.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "revocation/membership.hpp"
#include "revocation/part.hpp"

namespace curfew {

// Ids, parted by '/'; none of them holds one.
[[nodiscard]] std::string target_of(std::initializer_list<std::string_view> ids);

// `corrupted` where it is not made of so many ids.
template <std::size_t kCount>
[[nodiscard]] Result<std::array<std::string, kCount>> ids_in(std::string_view target) {
  const auto parts = split(target, '/');
  if (parts.size() != kCount) {
    return Error::permanent(ErrorCode::corrupted, "a step's target does not parse");
  }
  std::array<std::string, kCount> ids;
  for (std::size_t at = 0; at < kCount; ++at) ids.at(at) = parts.at(at);
  return ids;
}

// A person who is there, or is deleted and may be restored.
[[nodiscard]] Result<std::optional<KnownUser>> found_user(const PartLook& look,
                                                          const std::string& id);

// A prior value that says no more than that such a person was there.
[[nodiscard]] Result<std::optional<std::string>> person_if_there(const PartLook& look,
                                                                 const std::string& target);

// What people call them; the id where there is no such thing any more.
[[nodiscard]] Result<std::string> person_name(const PartLook& look, const std::string& id);
[[nodiscard]] Result<std::string> app_name(const PartLook& look, const std::string& id);
[[nodiscard]] Result<std::string> principal_name(const PartLook& look, const std::string& id);
[[nodiscard]] Result<std::string> group_name(const PartLook& look, const std::string& id);

// A creation time in a prior value, and back; the epoch for what does not parse.
[[nodiscard]] std::string time_text(TimePoint at);
[[nodiscard]] TimePoint time_in(std::string_view text);

// A row's creation time: nothing where none was recorded.
[[nodiscard]] inline std::optional<TimePoint> known_time(TimePoint at) {
  return at == TimePoint{} ? std::nullopt : std::optional{at};
}

// For made_by(): another part's record, and one item of this part's.
using MadeItems = Result<std::optional<std::vector<FoundItem>>>;
[[nodiscard]] inline MadeItems not_made() { return std::optional<std::vector<FoundItem>>{}; }
[[nodiscard]] inline MadeItems made(std::vector<FoundItem> items) {
  return std::optional{std::move(items)};
}

}  // namespace curfew
