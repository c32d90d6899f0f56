#include "api/sign_in/hint_token.hpp"

#include <boost/json/array.hpp>

#include "api/token_keys.hpp"
#include "protocol/jose/jws.hpp"
#include "protocol/json/json.hpp"

namespace curfew {

namespace {

std::string text_member(const boost::json::object& claims, std::string_view name) {
  const boost::json::value* value = claims.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return std::string{std::string_view{value->get_string()}};
}

std::vector<std::string> audiences_of(const boost::json::object& claims) {
  const boost::json::value* value = claims.if_contains("aud");
  if (value == nullptr) return {};
  if (value->is_string()) return {std::string{std::string_view{value->get_string()}}};
  std::vector<std::string> audiences;
  if (value->is_array()) {
    for (const boost::json::value& one : value->get_array()) {
      if (one.is_string()) audiences.emplace_back(std::string_view{one.get_string()});
    }
  }
  return audiences;
}

}  // namespace

std::optional<HintToken> read_hint_token(const ServerContext& context, std::string_view compact) {
  const std::shared_ptr<const KeySet> keys = context.token_keys.verify_keys();
  const Result<VerifiedJws> verified = verify_jws(compact, *keys, {"jwt", ""});
  if (!verified.ok()) return std::nullopt;
  const Result<boost::json::object> claims = parse_json_object(verified.value().payload);
  if (!claims.ok() || text_member(claims.value(), "iss") != context.issuer()) return std::nullopt;
  // An access token may have the same typ. It is in the hands of whoever was called with it, and
  // says nothing for the application.
  if (claims->contains("client_id")) return std::nullopt;
  return HintToken{text_member(claims.value(), "sub"), text_member(claims.value(), "sid"),
                   audiences_of(claims.value())};
}

}  // namespace curfew
