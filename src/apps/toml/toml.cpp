#include "apps/toml/toml.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/text.hpp"

namespace curfew {

namespace {

Error refuse(const std::string& name, std::size_t line, const std::string& what) {
  return Error::permanent(ErrorCode::invalid_argument,
                          name + ":" + std::to_string(line) + ": " + what);
}

// Not compiled if the header's remedy no longer works: a constant has no undefined behaviour.
static_assert(!toml::impl::is_non_ascii_horizontal_whitespace(U'\u00E4'));
static_assert(!toml::impl::is_non_ascii_horizontal_whitespace(U'\uFEBF'));

bool is_asserted(std::string_view text) {
  try {
    static_cast<void>(toml::parse(text));
  } catch (const AssertedByToml&) {
    return true;
  } catch (const toml::parse_error&) {
    return false;
  }
  return false;
}

// The parser gave up without saying where: so many first lines are enough to make it.
std::size_t asserted_line(std::string_view text) {
  std::vector<std::size_t> ends;
  for (std::size_t at = 0; at <= text.size(); at = ends.back() + 1) {
    ends.push_back(std::min(text.find('\n', at), text.size()));
  }
  const auto found = std::ranges::partition_point(
      ends, [&](std::size_t end) { return !is_asserted(text.substr(0, end)); });
  return static_cast<std::size_t>(found - ends.begin()) + 1;
}

}  // namespace

Result<toml::table> parse_toml(std::string_view text, const std::string& name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
  if (!is_utf8(text)) return refuse(name, 1, "the file is not UTF-8");
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return refuse(name, error.source().begin.line, escape_for_display(error.description()));
  } catch (const AssertedByToml&) {
    return refuse(name, asserted_line(text), "a name begins with a character that no name has");
  }
}

}  // namespace curfew
