#include "model/validity.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace curfew {

std::string_view to_string(Effect effect) {
  switch (effect) {
    case Effect::reauth: return "reauth";
    case Effect::reevaluate: return "reevaluate";
    case Effect::block: return "block";
    case Effect::unblock: return "unblock";
  }
  CURFEW_CHECK(false);
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::live: return "live";
    case Verdict::expired: return "expired";
    case Verdict::unstamped: return "unstamped";
    case Verdict::ahead: return "ahead";
    case Verdict::blocked: return "blocked";
    case Verdict::revoked: return "revoked";
    case Verdict::outdated: return "outdated";
    case Verdict::below_floor: return "below_floor";
  }
  CURFEW_CHECK(false);
}

Verdict judge(const CredentialFacts& facts, std::span<const Watermark> states, TimePoint now,
              const JournalReach& reach) {
  CURFEW_CHECK(states.size() == facts.keys.size());
  if (facts.keys.empty() || !facts.stamps.auth_as_of.is_set() || !facts.stamps.as_of.is_set()) {
    return Verdict::unstamped;
  }
  if (std::max(facts.stamps.auth_as_of, facts.stamps.as_of) > reach.newest) return Verdict::ahead;

  const bool is_access = facts.credential_class == CredentialClass::access;
  bool revoked = false;
  bool outdated = false;
  for (const Watermark& state : states) {
    if (state.hold_count != 0) return Verdict::blocked;
    revoked = revoked || state.reauth > facts.stamps.auth_as_of;
    outdated = outdated || (is_access && state.reevaluate > facts.stamps.as_of);
  }

  if (revoked) return Verdict::revoked;
  if (facts.expires_at <= now) return Verdict::expired;
  if (is_access && facts.stamps.as_of < reach.floor) return Verdict::below_floor;
  return outdated ? Verdict::outdated : Verdict::live;
}

TimePoint last_reauth_at(const Watermark& watermark) { return watermark.reauth_at; }

Watermark applied(Watermark watermark, Effect effect, Position position, TimePoint at) {
  const bool raises_reauth = effect == Effect::reauth || effect == Effect::block;
  if (raises_reauth && position > watermark.reauth) {
    watermark.reauth = position;
    watermark.reauth_at = at;
  }
  if (effect == Effect::reevaluate && position > watermark.reevaluate) {
    watermark.reevaluate = position;
    watermark.reevaluate_at = at;
  }
  return watermark;
}

}  // namespace curfew
