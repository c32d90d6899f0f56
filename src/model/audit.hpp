// model/audit.hpp: what is recorded of each privileged call, whether it succeeded or was refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/actor.hpp"
#include "model/position.hpp"

namespace curfew {

enum class AuditOutcome {
  success,
  refused,  // a guard said no; `rule` says which
  failed,   // allowed, and it did not happen
};
[[nodiscard]] std::string_view to_string(AuditOutcome outcome);
[[nodiscard]] bool parse_enum(std::string_view text, AuditOutcome& out);

// One call, as its caller describes it. The members under "personal" are stored sealed, under the
// key of the person whom they are about.
struct AuditEvent {
  std::string action;  // "user.revoke", "device.disable", "run.restore"
  AuditOutcome outcome = AuditOutcome::success;
  std::string rule;  // of a refusal: "guard.self"
  std::optional<RunId> run_id;
  Position position;  // of the last journal entry that the call wrote; {0,0}: none
  ActorKind actor_kind = ActorKind::system;

  // Personal.
  std::string actor_id;
  std::string actor_name;
  std::string actor_address;
  std::string subject_id;    // a user's id where the call is about a person, else any object's
  std::string subject_name;  // user principal name or display name
  std::string detail;        // free text: the administrator's reason, an error's sentence
};

// The chained row: holds nothing about a person, only commitments to it.
struct AuditEntry {
  TenantId tenant_id;
  std::uint64_t sequence = 0;  // dense, from 1
  TimePoint at{};
  std::string action;
  AuditOutcome outcome = AuditOutcome::success;
  std::string rule;
  std::optional<RunId> run_id;
  Position position;
  ActorKind actor_kind = ActorKind::system;
  std::string actor_commitment;    // base64url of SHA-256 over salt and the actor's part
  std::string subject_commitment;  // the same of the subject's part
  // base64url of SHA-256 over the previous entry's chain hash and every field above.
  std::string chain_hash;
};

enum class AuditPart { actor, subject };
[[nodiscard]] std::string_view to_string(AuditPart part);
[[nodiscard]] bool parse_enum(std::string_view text, AuditPart& out);

// What one entry says about one person, sealed under that person's key; erased with the person.
struct AuditPersonal {
  TenantId tenant_id;
  std::uint64_t sequence = 0;
  AuditPart part = AuditPart::actor;
  std::string person_id;
  std::string sealed;  // base64url: salt and JSON, AES-256-GCM
};

// The key of one person's part of the audit, sealed under the server's master key.
struct AuditPersonKey {
  TenantId tenant_id;
  std::string person_id;
  std::string sealed_key;  // base64url
  TimePoint created_at{};
};

}  // namespace curfew
