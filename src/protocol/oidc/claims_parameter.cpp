#include "protocol/oidc/claims_parameter.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>

#include "base/text.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"
#include "protocol/json/writer.hpp"

namespace curfew {

namespace {

namespace json = boost::json;

Error malformed(std::string_view name) {
  return Error::permanent(ErrorCode::invalid_argument, std::string{name} + " is malformed");
}

// A member that is an object; an absent one and null, which means "voluntary" (OIDC Core 5.5.1),
// are nullptr.
Result<const json::object*> member_object(const json::object& parent, std::string_view name) {
  const json::value* member = parent.if_contains(name);
  if (member == nullptr || member->is_null()) return nullptr;
  if (!member->is_object()) return malformed(name);
  return &member->get_object();
}

// `value`, or each of `values`, as text; whole numbers become decimal.
Result<std::vector<std::string>> requested_values(const json::object& parent,
                                                  std::string_view name) {
  CURFEW_TRY(const json::object* member, member_object(parent, name));
  std::vector<std::string> texts;
  if (member == nullptr) return texts;
  const auto add = [&texts](const json::value& value) {
    if (value.is_string()) {
      texts.emplace_back(value.get_string());
    } else if (value.is_int64()) {
      texts.push_back(std::to_string(value.get_int64()));
    } else {
      return false;
    }
    return true;
  };
  if (const json::value* value = member->if_contains("value")) {
    if (!add(*value)) return malformed(name);
  }
  if (const json::value* values = member->if_contains("values")) {
    if (!values->is_array()) return malformed(name);
    for (const json::value& value : values->get_array()) {
      if (!add(value)) return malformed(name);
    }
  }
  return texts;
}

Result<std::optional<std::string>> requested_value(const json::object& parent,
                                                   std::string_view name) {
  CURFEW_TRY(std::vector<std::string> values, requested_values(parent, name));
  if (values.size() > 1) return malformed(name);
  if (values.empty()) return std::optional<std::string>{};
  return std::optional<std::string>{std::move(values[0])};
}

bool is_essential(const json::value& member) {
  if (!member.is_object()) return false;
  const json::value* essential = member.get_object().if_contains("essential");
  return essential != nullptr && essential->is_bool() && essential->get_bool();
}

Status read_essential_acr(const json::object& members, ClaimsRequest& request) {
  CURFEW_TRY(std::vector<std::string> values, requested_values(members, "acr"));
  const json::value* acr = members.if_contains("acr");
  if (values.empty() || acr == nullptr || !is_essential(*acr)) return Done{};
  request.essential_acrs.push_back(std::move(values));
  return Done{};
}

Result<std::int64_t> parse_seconds(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || seconds < 0) {
    return malformed("nbf");
  }
  return seconds;
}

Status read_access_token(const json::object& members, ClaimsRequest& request) {
  CURFEW_TRY(const std::optional<std::string> nbf, requested_value(members, "nbf"));
  if (nbf) {
    CURFEW_TRY(request.not_before, parse_seconds(*nbf));
  }
  CURFEW_TRY(const std::optional<std::string> as_of, requested_value(members, "as_of"));
  if (as_of) {
    request.minimum_as_of = parse_position(*as_of);
    if (!request.minimum_as_of) return malformed("as_of");
  }
  CURFEW_TRY(const std::vector<std::string> capabilities, requested_values(members, "xms_cc"));
  request.handles_challenges =
      std::any_of(capabilities.begin(), capabilities.end(),
                  [](const std::string& word) { return ascii_iequals(word, "cp1"); });
  CURFEW_TRY(request.authentication_contexts, requested_values(members, "acrs"));
  return read_essential_acr(members, request);
}

Status read_id_token(const json::object& members, ClaimsRequest& request) {
  for (const json::key_value_pair& member : members) {
    request.id_token_members.emplace_back(member.key());
    if (is_essential(member.value())) {
      request.essential_id_token_members.emplace_back(member.key());
    }
  }
  CURFEW_TRY(request.required_subject, requested_value(members, "sub"));
  return read_essential_acr(members, request);
}

}  // namespace

Result<ClaimsRequest> parse_claims_parameter(std::string_view text) {
  ClaimsRequest request;
  if (text.empty()) return request;
  JsonLimits size;
  size.bytes_max = kClaimsBytesMax;
  CURFEW_TRY(const json::object claims, parse_json_object(text, size));
  CURFEW_TRY(const json::object* access_token, member_object(claims, "access_token"));
  if (access_token != nullptr) {
    CURFEW_TRY_STATUS(read_access_token(*access_token, request));
  }
  CURFEW_TRY(const json::object* id_token, member_object(claims, "id_token"));
  if (id_token != nullptr) {
    CURFEW_TRY_STATUS(read_id_token(*id_token, request));
  }
  return request;
}

std::string claims_challenge_json(std::int64_t not_before, Position as_of) {
  std::string nbf;
  JsonObjectWriter nbf_writer{nbf};
  nbf_writer.boolean("essential", true).string("value", std::to_string(not_before));
  nbf_writer.end();
  std::string members;
  JsonObjectWriter members_writer{members};
  members_writer.raw("nbf", nbf);
  if (as_of.is_set()) {
    members_writer.raw("as_of", R"({"value":")" + to_string(as_of) + R"("})");
  }
  members_writer.end();
  return R"({"access_token":)" + members + "}";
}

}  // namespace curfew
