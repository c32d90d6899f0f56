#include "options.hpp"

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "gate/session/forwarded_request.hpp"
#include "gate/session/session_limits.hpp"
#include "protocol/resource/verified_access_token.hpp"

namespace curfew::c_api {

namespace {

constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kListMax = 10'000;
constexpr std::size_t kRulesKnownMax = 256;
constexpr std::int64_t kSkewMillisMax = 3'600'000;

// As version 1 of the ABI began: a program that was built then gives no more.
constexpr std::size_t kRulesBytes = 56;
constexpr std::size_t kOptionsBytes = 104;
constexpr std::size_t kRequestBytes = 96;
static_assert(offsetof(curfew_rules, flags) == kRulesBytes);
static_assert(offsetof(curfew_gate_options, sites) == kOptionsBytes);
static_assert(offsetof(curfew_request, site) == kRequestBytes);

Error malformed(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

std::string text_of(const char* text) { return text == nullptr ? std::string{} : text; }

Result<std::vector<std::string>> list_of(const char* const* texts, std::size_t count) {
  std::vector<std::string> list;
  if (count > kListMax || (count != 0 && texts == nullptr)) return malformed("a list is missing");
  for (std::size_t i = 0; i < count; ++i) {
    if (texts[i] == nullptr || *texts[i] == '\0') return malformed("a list has an empty text");
    list.emplace_back(texts[i]);
  }
  return list;
}

std::optional<std::string_view> view_of(const char* text, std::size_t length) {
  if (text == nullptr) return std::nullopt;
  return std::string_view{text, length};
}

// The caller's mistake.
bool has_length_alone(const char* text, std::size_t length) {
  return text == nullptr && length != 0;
}

bool lacks_a_text(const curfew_request& known) {
  return has_length_alone(known.authorization, known.authorization_length) ||
         has_length_alone(known.dpop, known.dpop_length) ||
         has_length_alone(known.method, known.method_length) ||
         has_length_alone(known.url, known.url_length) ||
         (known.site != 0 && (has_length_alone(known.cookie, known.cookie_length) ||
                              has_length_alone(known.uri, known.uri_length) ||
                              has_length_alone(known.sec_fetch_mode, known.sec_fetch_mode_length) ||
                              has_length_alone(known.sec_fetch_dest, known.sec_fetch_dest_length) ||
                              has_length_alone(known.accept, known.accept_length)));
}

Result<Duration> skew_of(std::int64_t millis) {
  if (millis < 0 || millis > kSkewMillisMax) {
    return malformed("a skew is negative, or more than an hour");
  }
  return millis == 0 ? kClockSkewMax : Duration{millis};
}

Result<ClaimKey> claim_key_of(const curfew_claim_key& given) {
  for (const KeyKind kind : kKeyKinds) {
    if (static_cast<curfew_key_kind>(kind) != given.kind) continue;
    return ClaimKey{text_of(given.claim), kind, text_of(given.prefix), given.is_optional != 0};
  }
  return malformed("a claim names a kind of key that is not known");
}

Result<ForeignIssuer> foreign_issuer_of(const curfew_foreign_issuer* given) {
  if (given == nullptr) return malformed("a foreign issuer is missing");
  CURFEW_TRY(const auto known, as_known(*given, sizeof(curfew_foreign_issuer)));
  if (known.key_count > kListMax || (known.key_count != 0 && known.keys == nullptr)) {
    return malformed("a list is missing");
  }
  ForeignIssuer issuer;
  issuer.issuer = text_of(known.issuer);
  issuer.jwks = text_of(known.jwks);
  CURFEW_TRY(issuer.skew_max, skew_of(known.skew_ms));
  for (std::size_t i = 0; i < known.key_count; ++i) {
    CURFEW_TRY(ClaimKey key, claim_key_of(known.keys[i]));
    issuer.keys.push_back(std::move(key));
  }
  issuer.authorization_uri = text_of(known.authorization_uri);
  return issuer;
}

Status read_lists(const curfew_gate_options& known, TokenGateConfig& config) {
  if (known.owner_count > kListMax || (known.owner_count != 0 && known.owners == nullptr) ||
      known.foreign_issuer_count > kListMax ||
      (known.foreign_issuer_count != 0 && known.foreign_issuers == nullptr)) {
    return malformed("a list is missing");
  }
  config.reader.owners.push_back(::geteuid());
  for (std::size_t i = 0; i < known.owner_count; ++i) {
    config.reader.owners.push_back(known.owners[i]);
  }
  for (std::size_t i = 0; i < known.foreign_issuer_count; ++i) {
    CURFEW_TRY(ForeignIssuer issuer, foreign_issuer_of(known.foreign_issuers[i]));
    config.foreign_issuers.push_back(std::move(issuer));
  }
  return Done{};
}

Result<SessionPlace> place_of(const curfew_site* given) {
  if (given == nullptr) return malformed("a site is missing");
  CURFEW_TRY(const auto known, as_known(*given, sizeof(curfew_site)));
  const std::string client_id = text_of(known.client_id);
  if (client_id.empty()) return malformed("a site has no client_id");
  CURFEW_TRY(std::string origin, site_origin(text_of(known.url)));
  CURFEW_TRY(CookieKeys keys, CookieKeys::parse(text_of(known.cookie_keys)));
  return SessionPlace{std::move(origin), client_id, std::move(keys)};
}

// The session, where the request is judged by one, and where it would be sent to sign in.
Status read_browser(const curfew_request& known, const std::vector<SessionPlace>& sites,
                    ReadRequest& read) {
  if (known.site > sites.size()) return malformed("a request names a site that the gate has not");
  const SessionPlace& place = sites[known.site - 1];
  const auto cookie = view_of(known.cookie, known.cookie_length);
  const auto uri = view_of(known.uri, known.uri_length);
  NavigationHints hints{.method = read.request.sender.method,
                        .has_upgrade = (known.flags & CURFEW_REQUEST_UPGRADE) != 0};
  hints.sec_fetch_mode = view_of(known.sec_fetch_mode, known.sec_fetch_mode_length);
  hints.sec_fetch_dest = view_of(known.sec_fetch_dest, known.sec_fetch_dest_length);
  hints.accept = view_of(known.accept, known.accept_length);
  if (is_navigation(hints)) {
    read.signs_in_at = &place;
    read.uri = uri.value_or("/");
  }
  if (read.request.has_repeated_header || !cookie) return Done{};
  auto session = session_authorization(place, read.request.authorization, *cookie);
  if (!session) return Done{};
  read.from_cookie = *std::move(session);
  read.request.authorization = read.from_cookie;
  read.request.sender.dpop.reset();
  return Done{};
}

Result<TokenRules> read_rules(const curfew_rules& given) {
  CURFEW_TRY(const curfew_rules known, as_known(given, kRulesBytes));
  if ((known.flags & ~std::uint64_t{CURFEW_RULES_STRICT | CURFEW_RULES_FIXED}) != 0) {
    return malformed("rules have flags that this version does not know");
  }
  TokenRules rules;
  if ((known.flags & CURFEW_RULES_STRICT) != 0) rules.lease = LeaseNeed::always;
  CURFEW_TRY(rules.audiences, list_of(known.audiences, known.audience_count));
  CURFEW_TRY(rules.scopes, list_of(known.scopes, known.scope_count));
  CURFEW_TRY(rules.roles, list_of(known.roles, known.role_count));
  return rules;
}

bool is_same_list(const std::vector<std::string>& known, const char* const* texts,
                  std::size_t count) {
  if (known.size() != count || (count != 0 && texts == nullptr)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (texts[i] == nullptr || known[i] != texts[i]) return false;
  }
  return true;
}

bool is_same(const TokenRules& known, const curfew_rules& given) {
  if (given.size != sizeof given) return false;
  const std::uint64_t flags = known.lease == LeaseNeed::always ? CURFEW_RULES_STRICT : 0;
  return (given.flags & ~std::uint64_t{CURFEW_RULES_FIXED}) == flags &&
         is_same_list(known.audiences, given.audiences, given.audience_count) &&
         is_same_list(known.scopes, given.scopes, given.scope_count) &&
         is_same_list(known.roles, given.roles, given.role_count);
}

}  // namespace

Result<const FixedRules*> KnownRules::read(const curfew_rules& given) {
  const auto at = known_.find(&given);
  if (at != known_.end()) {
    const bool stays = given.size == sizeof given && given.flags == at->second.flags &&
                       (given.flags & CURFEW_RULES_FIXED) != 0;
    if (stays || is_same(*at->second.rules, given)) {
      at->second.flags = given.flags;
      return &at->second.rules;
    }
  }
  CURFEW_TRY(TokenRules rules, read_rules(given));
  if (known_.size() >= kRulesKnownMax) known_.clear();
  const std::uint64_t flags = given.size == sizeof given ? given.flags : 0;
  return &known_.insert_or_assign(&given, Known{FixedRules{std::move(rules)}, flags})
              .first->second.rules;
}

Result<TokenGateConfig> read_options(const curfew_gate_options& given) {
  CURFEW_TRY(const auto known, as_known(given, kOptionsBytes));
  TokenGateConfig config;
  config.replica_path = text_of(known.replica_path);
  config.reader.identity = {text_of(known.tenant_id), text_of(known.issuer)};
  config.authorization_uri = text_of(known.authorization_uri);
  config.realm = text_of(known.realm);
  CURFEW_TRY(config.skew_max, skew_of(known.clock_skew_ms));
  if (known.tokens_remembered != 0) config.tokens_remembered = known.tokens_remembered;
  if (known.lanes != 0) config.lanes = known.lanes;
  CURFEW_TRY_STATUS(read_lists(known, config));
  if (known.rules != nullptr) {
    CURFEW_TRY(config.rules, read_rules(*known.rules));
  }
  return config;
}

Result<std::vector<SessionPlace>> read_sites(const curfew_gate_options& given) {
  CURFEW_TRY(const auto known, as_known(given, kOptionsBytes));
  if (known.site_count > session_limits::kSitesMax ||
      (known.site_count != 0 && known.sites == nullptr)) {
    return malformed("a list is missing, or there are more than 64 sites");
  }
  std::vector<SessionPlace> places;
  for (std::size_t i = 0; i < known.site_count; ++i) {
    CURFEW_TRY(SessionPlace place, place_of(known.sites[i]));
    places.push_back(std::move(place));
  }
  return places;
}

Status read_request(const curfew_request& given, const std::vector<SessionPlace>& sites,
                    KnownRules& rules, ReadRequest& read) {
  curfew_request copy;
  CURFEW_TRY(const curfew_request* const as_here, as_known(given, kRequestBytes, copy));
  const curfew_request& known = *as_here;
  if ((known.flags & ~(CURFEW_REQUEST_REPEATED_HEADER | CURFEW_REQUEST_UPGRADE)) != 0) {
    return malformed("a request has flags that this version does not know");
  }
  if (lacks_a_text(known)) return malformed("a text is missing that has a length");
  read.request.authorization = view_of(known.authorization, known.authorization_length);
  read.request.sender.dpop = view_of(known.dpop, known.dpop_length);
  read.request.sender.method = {known.method, known.method_length};
  read.request.sender.url = {known.url, known.url_length};
  read.request.has_repeated_header = (known.flags & CURFEW_REQUEST_REPEATED_HEADER) != 0;
  if (known.certificate_sha256 != nullptr) {
    read.x5t_s256 =
        base64url_encode({reinterpret_cast<const char*>(known.certificate_sha256), kDigestBytes});
    read.request.sender.x5t_s256 = read.x5t_s256;
  }
  if (known.site != 0) {
    CURFEW_TRY_STATUS(read_browser(known, sites, read));
  }
  if (known.rules == nullptr) return Done{};
  CURFEW_TRY(read.request.rules, rules.read(*known.rules));
  return Done{};
}

}  // namespace curfew::c_api
