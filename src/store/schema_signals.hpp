// store/schema_signals.hpp: the tables of shared signals: streams, what is in them, and who is not.
#pragma once

#include "model/signal_stream.hpp"
#include "store/mapping.hpp"

namespace curfew {

template <>
struct Mapping<SignalStream> {
  static constexpr std::string_view table = "signal_streams";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &SignalStream::tenant_id),
                      column("id", &SignalStream::id),
                      column("app_id", &SignalStream::app_id),
                      column("description", &SignalStream::description),
                      column("delivery", &SignalStream::delivery),
                      column("endpoint_url", &SignalStream::endpoint_url),
                      column("sealed_authorization", &SignalStream::sealed_authorization),
                      column("events_requested", &SignalStream::events_requested),
                      column("status", &SignalStream::status),
                      column("status_reason", &SignalStream::status_reason),
                      column("subject_format", &SignalStream::subject_format),
                      column("created_at", &SignalStream::created_at),
                      column("keys", &SignalStream::keys),
                      column("auth_as_of", &SignalStream::auth_as_of),
                      column("as_of", &SignalStream::as_of),
                      column("last_sequence", &SignalStream::last_sequence),
                      column("pending_count", &SignalStream::pending_count),
                      column("dropped_count", &SignalStream::dropped_count),
                      column("dropped_at", &SignalStream::dropped_at),
                      column("removed_subject_count", &SignalStream::removed_subject_count),
                      column("verified_at", &SignalStream::verified_at),
                      column("verification_count", &SignalStream::verification_count)};
  }
  static std::vector<IndexSpec> indexes() { return {{"signal_streams_by_app", {0, 2}, false}}; }
};

template <>
struct Mapping<Signal> {
  static constexpr std::string_view table = "signals";
  static constexpr std::size_t key_column_count = 3;
  static auto columns() {
    return std::tuple{
        column("tenant_id", &Signal::tenant_id),   column("stream_id", &Signal::stream_id),
        column("sequence", &Signal::sequence),     column("jti", &Signal::jti),
        column("event", &Signal::event),           column("user_id", &Signal::user_id),
        column("user_mail", &Signal::user_mail),   column("device_id", &Signal::device_id),
        column("members", &Signal::members),       column("txn", &Signal::txn),
        column("run_id", &Signal::run_id),         column("happened_at", &Signal::happened_at),
        column("state", &Signal::state),           column("refusal_count", &Signal::refusal_count),
        column("settled_at", &Signal::settled_at), column("last_error", &Signal::last_error)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"signals_by_state", {0, 1, 12}, false},
            {"signals_by_jti", {0, 1, 3}, true},
            {"signals_by_run", {0, 10, 1}, false},
            {"signals_by_settling", {0, 14}, false}};
  }
};

template <>
struct Mapping<RemovedSubject> {
  static constexpr std::string_view table = "removed_subjects";
  static constexpr std::size_t key_column_count = 3;
  static auto columns() {
    return std::tuple{column("tenant_id", &RemovedSubject::tenant_id),
                      column("stream_id", &RemovedSubject::stream_id),
                      column("user_id", &RemovedSubject::user_id),
                      column("removed_at", &RemovedSubject::removed_at)};
  }
  static std::vector<IndexSpec> indexes() { return {{"removed_subjects_by_user", {0, 2}, false}}; }
};

}  // namespace curfew
