#include "gate/session/return_to.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "gate/session/session_limits.hpp"
#include "gate/session/site.hpp"
#include "protocol/http/percent.hpp"

namespace curfew {

namespace {

bool is_taken(char c) { return c > 0x20 && c < 0x7F && c != '\\' && c != '#'; }

// As a server may read it that decodes before it compares.
bool is_ours(std::string_view text) {
  const std::string_view path = text.substr(0, text.find('?'));
  const auto decoded = percent_decode(path);
  return !decoded || ascii_lower(*decoded).find(kGatePaths) != std::string::npos;
}

}  // namespace

bool is_return_path(std::string_view text) {
  if (text.empty() || text.size() > session_limits::kReturnToBytesMax) return false;
  if (text.front() != '/' || text.starts_with("//")) return false;
  return std::ranges::all_of(text, is_taken) && !is_ours(text);
}

std::string return_path_of(std::string_view given) {
  return std::string{is_return_path(given) ? given : std::string_view{"/"}};
}

}  // namespace curfew
