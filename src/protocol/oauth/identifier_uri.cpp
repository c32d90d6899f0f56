#include "protocol/oauth/identifier_uri.hpp"

#include <string>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "protocol/http/uri.hpp"

namespace curfew {

namespace {

Error refused(std::string_view text, std::string_view rule) {
  return Error::permanent(
      ErrorCode::invalid_argument,
      "the identifier URI \"" + escape_for_display(text) + "\" " + std::string{rule});
}

// RFC 8141 2: a namespace of letters, digits and hyphens, then a name.
bool is_urn(const Uri& uri) {
  const std::size_t colon = uri.path.find(':');
  return !uri.has_authority && colon != std::string::npos && colon >= 2 &&
         colon + 1 < uri.path.size();
}

}  // namespace

Status check_identifier_uri(std::string_view text) {
  if (text.size() > limits::kIdentifierUriBytesMax) return refused(text, "is too long");
  const Result<Uri> uri = parse_uri(text);
  if (!uri.ok()) return refused(text, "is no absolute URI such as api://files");
  if (uri->fragment || uri->query) return refused(text, "has a fragment or a query");
  if (uri->userinfo) return refused(text, "has user information");
  if (text.find('*') != std::string_view::npos) return refused(text, "has a wildcard");
  if (text.ends_with('/')) return refused(text, "ends with a slash");
  const bool has_host = uri->has_authority && !uri->host.empty();
  if (has_host && (uri->scheme == "api" || uri->scheme == "https")) return Done{};
  if (uri->scheme == "urn" && is_urn(*uri)) return Done{};
  return refused(text, "is not api://NAME, https://HOST or urn:NAMESPACE:NAME");
}

}  // namespace curfew
