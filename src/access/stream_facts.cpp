#include "access/stream_facts.hpp"

#include "access/credential_facts.hpp"

namespace curfew {

CredentialFacts facts_of(const SignalStream& stream) {
  // Of the same keys: what a receiver is told for as long as it stands.
  Subscription same;
  same.tenant_id = stream.tenant_id;
  same.app_id = stream.app_id;
  same.keys = stream.keys;
  same.auth_as_of = same.as_of = stream.auth_as_of;
  same.expires_at = TimePoint::max();
  CredentialFacts facts = facts_of(same);
  facts.credential_class = CredentialClass::renewal;
  return facts;
}

}  // namespace curfew
