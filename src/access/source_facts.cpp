#include "access/source_facts.hpp"

namespace curfew {

CredentialFacts facts_of(const SignalSource& source, Position as_of) {
  const bool whole = !source.tenant_id.empty() && !source.app_id.empty() && !source.id.empty();
  return {CredentialClass::renewal,
          whole ? Stamps{as_of, as_of} : Stamps{},
          TimePoint::max(),
          {key_of(source.tenant_id), key_of(source.app_id), credential_key(source.id)}};
}

}  // namespace curfew
