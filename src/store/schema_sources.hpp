// store/schema_sources.hpp: the tables of what is heard from others: sources, and what they said.
#pragma once

#include "model/signal_source.hpp"
#include "store/mapping.hpp"

namespace curfew {

template <>
struct Mapping<SignalSource> {
  static constexpr std::string_view table = "signal_sources";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &SignalSource::tenant_id),
                      column("id", &SignalSource::id),
                      column("app_id", &SignalSource::app_id),
                      column("display_name", &SignalSource::display_name),
                      column("issuer", &SignalSource::issuer),
                      column("audiences", &SignalSource::audiences),
                      column("jwks_uri", &SignalSource::jwks_uri),
                      column("delivery", &SignalSource::delivery),
                      column("poll_url", &SignalSource::poll_url),
                      column("sealed_authorization", &SignalSource::sealed_authorization),
                      column("token_hash", &SignalSource::token_hash),
                      column("enabled", &SignalSource::enabled),
                      column("policy", &SignalSource::policy),
                      column("created_at", &SignalSource::created_at),
                      column("last_sequence", &SignalSource::last_sequence),
                      column("pending_count", &SignalSource::pending_count),
                      column("received_count", &SignalSource::received_count),
                      column("repeated_count", &SignalSource::repeated_count),
                      column("unknown_count", &SignalSource::unknown_count),
                      column("refused_count", &SignalSource::refused_count),
                      column("heard_at", &SignalSource::heard_at),
                      column("said_status", &SignalSource::said_status),
                      column("people_per_hour_max", &SignalSource::people_per_hour_max),
                      column("counted_from", &SignalSource::counted_from),
                      column("people_count", &SignalSource::people_count),
                      column("held_at", &SignalSource::held_at),
                      column("held_because", &SignalSource::held_because),
                      column("trouble", &SignalSource::trouble),
                      column("trouble_since", &SignalSource::trouble_since)};
  }
  static std::vector<IndexSpec> indexes() { return {{"signal_sources_by_app", {0, 2}, false}}; }
};

template <>
struct Mapping<ReceivedSignal> {
  static constexpr std::string_view table = "received_signals";
  static constexpr std::size_t key_column_count = 3;
  static auto columns() {
    return std::tuple{column("tenant_id", &ReceivedSignal::tenant_id),
                      column("source_id", &ReceivedSignal::source_id),
                      column("sequence", &ReceivedSignal::sequence),
                      column("jti_hash", &ReceivedSignal::jti_hash),
                      column("event", &ReceivedSignal::event),
                      column("calls_for_action", &ReceivedSignal::calls_for_action),
                      column("subject", &ReceivedSignal::subject),
                      column("user_id", &ReceivedSignal::user_id),
                      column("run_id", &ReceivedSignal::run_id),
                      column("txn", &ReceivedSignal::txn),
                      column("received_at", &ReceivedSignal::received_at),
                      column("happened_at", &ReceivedSignal::happened_at),
                      column("state", &ReceivedSignal::state),
                      column("effect", &ReceivedSignal::effect),
                      column("try_count", &ReceivedSignal::try_count),
                      column("not_before", &ReceivedSignal::not_before),
                      column("settled_at", &ReceivedSignal::settled_at),
                      column("last_error", &ReceivedSignal::last_error)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"received_signals_by_jti", {0, 1, 3}, true},
            {"received_signals_by_state", {0, 1, 12, 15}, false},
            {"received_signals_by_person", {0, 1, 7, 16}, false},
            {"received_signals_by_settling", {0, 16}, false}};
  }
};

}  // namespace curfew
