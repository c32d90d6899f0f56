#include "api/graph/graph_page.hpp"

#include <boost/json.hpp>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

constexpr std::size_t kTokenBytesMax = 4096;

constexpr std::size_t kListBytes = 12;

struct PageToken {
  PagePlace place;
  std::string list;
  bool advanced = false;
};

// Which list a token goes on with; the keys in its path have several spellings, the rest is ours.
std::string list_mark(const GraphCall& call) {
  std::string text = ascii_lower(call.request.http.path());
  for (const QueryField& field : call.options.given) {
    if (field.name != "$filter" && field.name != "$search" && field.name != "$orderby") continue;
    text += "\n" + field.name + "\n" + field.value;
  }
  return sha256_base64url(text).substr(0, kListBytes);
}

Result<PageToken> parse_token(const std::string& text) {
  const auto decoded =
      text.size() <= kTokenBytesMax ? base64url_decode(text) : std::optional<std::string>{};
  if (!decoded) return Error::permanent(ErrorCode::invalid_argument, "");
  CURFEW_TRY(const boost::json::object object, parse_json_object(*decoded));
  PageToken token;
  CURFEW_TRY(token.place.value, get_string(object, "v"));
  CURFEW_TRY(token.place.id, get_string(object, "i"));
  CURFEW_TRY(token.list, get_string(object, "l"));
  CURFEW_TRY(token.advanced, get_bool(object, "a"));
  return token;
}

GraphResult<std::optional<PageToken>> token_of(const GraphCall& call) {
  if (!call.options.skip_token) return std::optional<PageToken>{};
  auto token = parse_token(*call.options.skip_token);
  if (token.ok() && token->list == list_mark(call)) return std::optional{std::move(token).value()};
  return GraphError{400, graph_code::kExpiredPage,
                    "The specified page token value has expired and can't be included in your "
                    "request. Begin the list again without $skiptoken."};
}

}  // namespace

GraphResult<std::optional<PagePlace>> page_place(const GraphCall& call) {
  CURFEW_TRY(std::optional<PageToken> token, token_of(call));
  return token ? std::optional{std::move(token->place)} : std::nullopt;
}

GraphResult<bool> token_is_advanced(const GraphCall& call) {
  CURFEW_TRY(const std::optional<PageToken> token, token_of(call));
  return token && token->advanced;
}

std::size_t page_size(const QueryOptions& options) {
  return options.top ? static_cast<std::size_t>(*options.top) : limits::kPageSizeDefault;
}

std::string next_link(const GraphCall& call, const PagePlace& place) {
  const boost::json::object token{
      {"v", place.value}, {"i", place.id}, {"l", list_mark(call)}, {"a", call.advanced}};
  const std::string text = base64url_encode(serialize_json(token));
  return call.context.base_url + std::string{call.request.http.path()} + "?" +
         next_page_query(call.options, text);
}

}  // namespace curfew
