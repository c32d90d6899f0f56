// store/schema_runs.hpp: which types of runs and of the audit are stored in which table.
//
// As store/schema.hpp, apart from it because few files need both.
#pragma once

#include <string_view>
#include <tuple>
#include <vector>

#include "model/audit.hpp"
#include "model/run.hpp"
#include "store/mapping.hpp"

namespace curfew {

template <>
struct Mapping<Run> {
  static constexpr std::string_view table = "runs";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &Run::tenant_id),
                      column("id", &Run::id),
                      column("subject_id", &Run::subject_id),
                      column("subject_name", &Run::subject_name),
                      column("actor_kind", &Run::actor_kind),
                      column("actor_id", &Run::actor_id),
                      column("actor_name", &Run::actor_name),
                      column("reason", &Run::reason),
                      column("mode", &Run::mode),
                      column("idempotency_key", &Run::idempotency_key),
                      column("request_hash", &Run::request_hash),
                      column("state", &Run::state),
                      column("requested_at", &Run::requested_at),
                      column("cut_at", &Run::cut_at),
                      column("first_position", &Run::first_position),
                      column("cut_position", &Run::cut_position),
                      column("rested_at", &Run::rested_at),
                      column("restored_at", &Run::restored_at),
                      column("restored_by", &Run::restored_by),
                      column("observe_again_at", &Run::observe_again_at),
                      column("change", &Run::change),
                      column("parts", &Run::parts),
                      column("swept_since", &Run::swept_since)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"runs_by_idempotency_key", {0, 9}, true},
            {"runs_by_time", {0, 12}, false},
            {"runs_by_subject", {0, 2, 12}, false},
            {"runs_by_state", {0, 11, 12}, false},
            {"runs_by_observation", {0, 19}, false}};
  }
};

template <>
struct Mapping<Step> {
  static constexpr std::string_view table = "run_steps";
  static constexpr std::size_t key_column_count = 3;
  static auto columns() {
    return std::tuple{column("tenant_id", &Step::tenant_id),
                      column("run_id", &Step::run_id),
                      column("ordinal", &Step::ordinal),
                      column("id", &Step::id),
                      column("direction", &Step::direction),
                      column("connector", &Step::connector),
                      column("target", &Step::target),
                      column("subject", &Step::subject),
                      column("title", &Step::title),
                      column("after_steps", &Step::after),
                      column("made_in_cut", &Step::made_in_cut),
                      column("state", &Step::state),
                      column("phase", &Step::phase),
                      column("order_number", &Step::order),
                      column("attempt_count", &Step::attempt_count),
                      column("next_attempt_at", &Step::next_attempt_at),
                      column("last_error", &Step::last_error),
                      column("applied_at", &Step::applied_at),
                      column("observed_at", &Step::observed_at),
                      column("observe_again_at", &Step::observe_again_at),
                      column("observing_again", &Step::observing_again),
                      column("observation_count", &Step::observation_count),
                      column("evidence", &Step::evidence),
                      column("prior_value", &Step::prior_value),
                      column("written_value", &Step::written_value),
                      column("closed_by", &Step::closed_by)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

template <>
struct Mapping<AccessPath> {
  static constexpr std::string_view table = "run_paths";
  static constexpr std::size_t key_column_count = 3;
  static auto columns() {
    return std::tuple{column("tenant_id", &AccessPath::tenant_id),
                      column("run_id", &AccessPath::run_id),
                      column("ordinal", &AccessPath::ordinal),
                      column("kind", &AccessPath::kind),
                      column("target", &AccessPath::target),
                      column("display_name", &AccessPath::display_name),
                      column("control", &AccessPath::control),
                      column("count", &AccessPath::count),
                      column("count_is_least", &AccessPath::count_is_least),
                      column("step_id", &AccessPath::step_id),
                      column("state", &AccessPath::state),
                      column("ended_at", &AccessPath::ended_at),
                      column("observed_at", &AccessPath::observed_at),
                      column("ends_by", &AccessPath::ends_by),
                      column("reason", &AccessPath::reason),
                      column("made_at", &AccessPath::made_at),
                      column("made_by", &AccessPath::made_by)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

template <>
struct Mapping<AuditEntry> {
  static constexpr std::string_view table = "audit";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &AuditEntry::tenant_id),
                      column("sequence", &AuditEntry::sequence),
                      column("at", &AuditEntry::at),
                      column("action", &AuditEntry::action),
                      column("outcome", &AuditEntry::outcome),
                      column("rule", &AuditEntry::rule),
                      column("run_id", &AuditEntry::run_id),
                      column("position", &AuditEntry::position),
                      column("actor_kind", &AuditEntry::actor_kind),
                      column("actor_commitment", &AuditEntry::actor_commitment),
                      column("subject_commitment", &AuditEntry::subject_commitment),
                      column("chain_hash", &AuditEntry::chain_hash)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

template <>
struct Mapping<AuditPersonal> {
  static constexpr std::string_view table = "audit_personal";
  static constexpr std::size_t key_column_count = 3;
  static auto columns() {
    return std::tuple{
        column("tenant_id", &AuditPersonal::tenant_id),
        column("sequence", &AuditPersonal::sequence), column("part", &AuditPersonal::part),
        column("person_id", &AuditPersonal::person_id), column("sealed", &AuditPersonal::sealed)};
  }
  static std::vector<IndexSpec> indexes() { return {{"audit_personal_by_person", {0, 3}, false}}; }
};

template <>
struct Mapping<AuditPersonKey> {
  static constexpr std::string_view table = "audit_person_keys";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &AuditPersonKey::tenant_id),
                      column("person_id", &AuditPersonKey::person_id),
                      column("sealed_key", &AuditPersonKey::sealed_key),
                      column("created_at", &AuditPersonKey::created_at)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

}  // namespace curfew
