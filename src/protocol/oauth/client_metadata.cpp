#include "protocol/oauth/client_metadata.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"
#include "protocol/oauth/logout_uri.hpp"
#include "protocol/oauth/redirect_uri.hpp"
#include "protocol/oauth/scope.hpp"

namespace curfew {

namespace {

using Strings = std::vector<std::string>;
using Problem = std::optional<OAuthError>;

struct Reading {
  const boost::json::object& body;
  ClientMetadata metadata;
};

constexpr std::array<std::string_view, 4> kGrantTypes{"authorization_code", "refresh_token",
                                                      "client_credentials", kDeviceCodeGrantType};
constexpr std::array<std::string_view, 4> kAuthMethods{"client_secret_basic", "client_secret_post",
                                                       "private_key_jwt", "none"};
constexpr std::size_t kShownBytesMax = 128;

OAuthError bad_redirect_uri(std::string description) {
  return oauth_error(OAuthErrorCode::invalid_redirect_uri, Aadsts::none, std::move(description));
}

// An error of the JSON's shape in the protocol's words.
template <typename T>
OAuthResult<T> as_metadata(Result<T> result) {
  if (!result.ok()) return bad_metadata(result.error().message() + ".");
  return std::move(result).value();
}

template <typename List>
bool has(const List& list, std::string_view item) {
  return std::ranges::find(list, item) != std::ranges::end(list);
}

std::string quoted(std::string_view text) {
  return "'" + escape_for_display(text, kShownBytesMax) + "'";
}

// ---- one function for each rule

Problem no_software_statement(Reading& reading) {
  if (!reading.body.contains("software_statement")) return std::nullopt;
  return oauth_error(OAuthErrorCode::invalid_software_statement, Aadsts::none,
                     "This server knows no publisher of software statements: send the members "
                     "themselves, without software_statement.");
}

Problem keys_come_by_value(Reading& reading) {
  if (reading.body.contains("jwks_uri")) {
    return bad_metadata("This server does not fetch keys: send them as jwks, not as jwks_uri.");
  }
  const auto jwks = as_metadata(get_optional_object(reading.body, "jwks"));
  if (!jwks.ok()) return jwks.error();
  if (jwks.value() != nullptr) reading.metadata.jwks = *jwks.value();
  return std::nullopt;
}

Problem name_can_be_shown(Reading& reading) {
  const auto name = as_metadata(get_optional_string(reading.body, "client_name"));
  if (!name.ok()) return name.error();
  const std::string given = name.value().value_or("");
  if (given.size() > limits::kClientNameBytesMax) {
    return bad_metadata("client_name is longer than 128 bytes.");
  }
  if (has_unseen_characters(given)) {
    return bad_metadata("client_name has characters that cannot be seen.");
  }
  reading.metadata.client_name = given;
  return std::nullopt;
}

Problem grants_are_known(Reading& reading) {
  auto given = as_metadata(get_optional_strings(reading.body, "grant_types"));
  if (!given.ok()) return given.error();
  Strings grants = given.value().value_or(Strings{"authorization_code"});
  if (grants.empty()) return bad_metadata("grant_types is empty.");
  for (const std::string& grant : grants) {
    if (!has(kGrantTypes, grant)) {
      return bad_metadata("grant_types: " + quoted(grant) + " cannot be registered here.");
    }
    if (std::ranges::count(grants, grant) > 1) {
      return bad_metadata("grant_types: " + quoted(grant) + " stands there twice.");
    }
  }
  reading.metadata.grant_types = std::move(grants);
  return std::nullopt;
}

// RFC 7591 2.1: the two lists go together. Nothing but codes comes through a browser (RFC 9700
// 2.1.2).
Problem only_codes_come_through_browsers(Reading& reading) {
  const auto given = as_metadata(get_optional_strings(reading.body, "response_types"));
  if (!given.ok()) return given.error();
  const bool uses_codes = has(reading.metadata.grant_types, "authorization_code");
  const Strings types = given.value().value_or(uses_codes ? Strings{"code"} : Strings{});
  for (const std::string& type : types) {
    if (type != "code") {
      return bad_metadata("response_types: " + quoted(type) + " is not given; 'code' is.");
    }
  }
  if (uses_codes == !types.empty()) return std::nullopt;
  return bad_metadata(
      "response_types is 'code' where grant_types has authorization_code, and "
      "empty elsewhere.");
}

Problem authentication_is_possible(Reading& reading) {
  const auto given = as_metadata(get_optional_string(reading.body, "token_endpoint_auth_method"));
  if (!given.ok()) return given.error();
  const std::string method = given.value().value_or("client_secret_basic");
  const ClientMetadata& metadata = reading.metadata;
  if (!has(kAuthMethods, method)) {
    return bad_metadata("token_endpoint_auth_method: " + quoted(method) + " is not one of " +
                        "client_secret_basic, client_secret_post, private_key_jwt, none.");
  }
  if ((method == "private_key_jwt") != metadata.jwks.has_value()) {
    return bad_metadata("jwks comes with private_key_jwt, and with no other method.");
  }
  if (method == "none" && has(metadata.grant_types, "client_credentials")) {
    return bad_metadata(
        "An application that proves nothing gets nothing for itself: "
        "client_credentials needs a token_endpoint_auth_method.");
  }
  reading.metadata.token_endpoint_auth_method = method;
  return std::nullopt;
}

// https, or http to a loopback host (RFC 9700 2.1, 4.1.3).
std::optional<std::string> broken_address_rule(std::string_view uri) {
  const Status checked = check_redirect_uri(uri);
  if (!checked.ok()) return checked.error().message();
  const Result<Uri> parsed = parse_uri(uri);
  if (parsed.ok() && (parsed->scheme == "https" || parsed->scheme == "http")) return std::nullopt;
  return "it must be https, or http to a loopback host";
}

Problem take_addresses(Reading& reading, std::string_view member, Strings& out,
                       OAuthError (*refuse)(std::string)) {
  auto given = as_metadata(get_optional_strings(reading.body, member));
  if (!given.ok()) return given.error();
  const Strings uris = given.value().value_or(Strings{});
  const std::string name{member};
  if (uris.size() > limits::kClientUrisMax) return refuse(name + " has more than 10 entries.");
  for (const std::string& uri : uris) {
    if (const auto rule = broken_address_rule(uri)) {
      return refuse(name + ": " + quoted(uri) + ": " + *rule + ".");
    }
    if (std::ranges::count(uris, uri) > 1) {
      return refuse(name + ": " + quoted(uri) + " stands there twice.");
    }
  }
  out = uris;
  return std::nullopt;
}

Problem redirect_uris_are_safe(Reading& reading) {
  ClientMetadata& metadata = reading.metadata;
  if (auto problem =
          take_addresses(reading, "redirect_uris", metadata.redirect_uris, bad_redirect_uri)) {
    return problem;
  }
  const bool uses_codes = has(metadata.grant_types, "authorization_code");
  if (uses_codes == !metadata.redirect_uris.empty()) return std::nullopt;
  return bad_redirect_uri(
      "redirect_uris has entries where grant_types has authorization_code, and none elsewhere.");
}

Problem take_flag(Reading& reading, std::string_view member, bool& out) {
  const auto given = as_metadata(get_optional_bool(reading.body, member));
  if (!given.ok()) return given.error();
  out = given.value().value_or(false);
  return std::nullopt;
}

Problem take_logout(Reading& reading, std::string_view member, std::optional<std::string>& out) {
  auto given = as_metadata(get_optional_string(reading.body, member));
  if (!given.ok()) return given.error();
  out = std::move(given).value();
  return std::nullopt;
}

Problem logout_addresses_are_safe(Reading& reading) {
  ClientMetadata& m = reading.metadata;
  const std::array problems{
      take_addresses(reading, "post_logout_redirect_uris", m.post_logout_redirect_uris,
                     bad_metadata),
      take_logout(reading, "frontchannel_logout_uri", m.frontchannel_logout_uri),
      take_flag(reading, "frontchannel_logout_session_required",
                m.frontchannel_logout_session_required),
      take_logout(reading, "backchannel_logout_uri", m.backchannel_logout_uri),
      take_flag(reading, "backchannel_logout_session_required",
                m.backchannel_logout_session_required)};
  for (const Problem& problem : problems) {
    if (problem) return problem;
  }
  const Status checked = check_logout_uris(m.frontchannel_logout_uri, m.backchannel_logout_uri,
                                           m.redirect_uris, LogoutReach::names_of_others);
  if (checked.ok()) return std::nullopt;
  return bad_metadata(checked.error().message() + ".");
}

Problem scope_is_readable(Reading& reading) {
  const auto given = as_metadata(get_optional_string(reading.body, "scope"));
  if (!given.ok()) return given.error();
  auto scope = parse_scope(given.value().value_or(""));
  if (!scope.ok()) return bad_metadata("scope: " + scope.error().description);
  if (scope->texts.size() > limits::kClientScopesMax) {
    return bad_metadata("scope has more than 50 entries.");
  }
  reading.metadata.scopes = std::move(scope->texts);
  return std::nullopt;
}

Problem take_informing_uris(Reading& reading) {
  for (const std::string_view member : {"client_uri", "policy_uri", "tos_uri"}) {
    const auto given = as_metadata(get_optional_string(reading.body, member));
    if (!given.ok()) return given.error();
    if (!given.value()) continue;
    const std::string& uri = *given.value();
    const Result<Uri> parsed = parse_uri(uri);
    const bool is_web = parsed.ok() && parsed->scheme == "https" && !parsed->userinfo;
    if (!is_web || uri.size() > limits::kClientUriBytesMax) {
      return bad_metadata(std::string{member} + " is an https URI of at most 512 bytes.");
    }
    reading.metadata.informing[member] = uri;
  }
  return std::nullopt;
}

Problem what_informs_is_small(Reading& reading) {
  if (auto problem = take_informing_uris(reading)) return problem;
  for (const std::string_view member : {"software_id", "software_version"}) {
    const auto given = as_metadata(get_optional_string(reading.body, member));
    if (!given.ok()) return given.error();
    if (!given.value()) continue;
    if (given.value()->size() > limits::kClientNameBytesMax) {
      return bad_metadata(std::string{member} + " is longer than 128 bytes.");
    }
    reading.metadata.informing[member] = *given.value();
  }
  const auto contacts = as_metadata(get_optional_strings(reading.body, "contacts"));
  if (!contacts.ok()) return contacts.error();
  if (!contacts.value()) return std::nullopt;
  boost::json::array kept;
  for (const std::string& contact : *contacts.value()) {
    if (contact.size() > limits::kClientContactBytesMax) {
      return bad_metadata("contacts: an entry is longer than 128 bytes.");
    }
    kept.emplace_back(contact);
  }
  if (kept.size() > limits::kClientContactsMax) {
    return bad_metadata("contacts has more than 5 entries.");
  }
  reading.metadata.informing["contacts"] = std::move(kept);
  return std::nullopt;
}

Problem tokens_are_as_we_make_them(Reading& reading) {
  ClientMetadata& metadata = reading.metadata;
  const auto alg = as_metadata(get_optional_string(reading.body, "id_token_signed_response_alg"));
  if (!alg.ok()) return alg.error();
  if (alg.value() && !parse_enum(*alg.value(), metadata.id_token_alg)) {
    return bad_metadata("id_token_signed_response_alg is RS256 or ES256.");
  }
  const auto subject = as_metadata(get_optional_string(reading.body, "subject_type"));
  if (!subject.ok()) return subject.error();
  if (subject.value() && *subject.value() != "public") {
    return bad_metadata("subject_type is public: every application knows a person by the same id.");
  }
  if (auto problem = take_flag(reading, "require_pushed_authorization_requests",
                               metadata.require_pushed_requests)) {
    return problem;
  }
  return take_flag(reading, "dpop_bound_access_tokens", metadata.dpop_bound_access_tokens);
}

// RFC 7592 2.2: what the server issued is not for the client to say.
Problem issued_members_are_ours(Reading& reading) {
  for (const std::string_view member : {"registration_access_token", "registration_client_uri",
                                        "client_secret_expires_at", "client_id_issued_at"}) {
    if (reading.body.contains(member)) {
      return bad_metadata(std::string{member} + " is the server's to say: leave it out.");
    }
  }
  for (const auto& [member, out] :
       {std::pair{std::string_view{"client_id"}, &reading.metadata.client_id},
        std::pair{std::string_view{"client_secret"}, &reading.metadata.client_secret}}) {
    const auto given = as_metadata(get_optional_string(reading.body, member));
    if (!given.ok()) return given.error();
    *out = given.value().value_or("");
  }
  return std::nullopt;
}

using Rule = Problem (*)(Reading&);
constexpr std::array<Rule, 11> kRules{
    no_software_statement,             // RFC 7591 2.3
    keys_come_by_value,                // RFC 7591 2.
    name_can_be_shown,                 // RFC 7591 2.
    grants_are_known,                  // RFC 7591 2.
    only_codes_come_through_browsers,  // RFC 7591 2.1
    authentication_is_possible,        // RFC 7591 2.
    redirect_uris_are_safe,            // RFC 9700 2.1
    logout_addresses_are_safe,         // OIDC Front-Channel and Back-Channel Logout 1.0
    scope_is_readable,                 // RFC 6749 3.3
    what_informs_is_small,             // RFC 7591 2.
    tokens_are_as_we_make_them,        // OIDC Core 8., RFC 9126 6., RFC 9449 5.2
};

}  // namespace

OAuthError bad_metadata(std::string description) {
  return oauth_error(OAuthErrorCode::invalid_client_metadata, Aadsts::none, std::move(description));
}

std::span<const std::string_view> registrable_grant_types() { return kGrantTypes; }

OAuthResult<ClientMetadata> parse_client_metadata(std::string_view json) {
  CURFEW_TRY(const boost::json::object body,
             as_metadata(parse_json_object(json, {.bytes_max = limits::kClientMetadataBytesMax})));
  Reading reading{body, {}};
  for (const Rule rule : kRules) {
    if (Problem problem = rule(reading)) return *std::move(problem);
  }
  if (Problem problem = issued_members_are_ours(reading)) return *std::move(problem);
  return std::move(reading.metadata);
}

OAuthResult<Done> check_grant_types(const ClientMetadata& metadata, const Strings& allowed) {
  for (const std::string& grant : metadata.grant_types) {
    if (!has(allowed, grant)) {
      return bad_metadata("grant_types: the initial access token does not allow " + quoted(grant) +
                          ".");
    }
  }
  return Done{};
}

}  // namespace curfew
