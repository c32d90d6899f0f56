#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "base/check.hpp"
#include "model/audit.hpp"
#include "model/run.hpp"

// The stored and wire words of runs and of the audit, each in one list in the order of its
// enumeration, so that writing and reading cannot differ.

namespace curfew {

namespace {

template <typename E>
std::string_view word_of(std::span<const std::string_view> words, E value) {
  const auto at = static_cast<std::size_t>(value);
  CURFEW_CHECK(at < words.size());
  return words[at];
}

template <typename E>
bool value_of(std::span<const std::string_view> words, std::string_view text, E& out) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (words[at] == text) {
      out = static_cast<E>(at);
      return true;
    }
  }
  return false;
}

using Word = std::string_view;
constexpr std::array<Word, 2> kRunModes{"revoke", "sessions_only"};
constexpr std::array<Word, 4> kRunStates{"driving", "at_rest", "restoring", "restored"};
constexpr std::array<Word, 6> kStepStates{"planned",      "running", "ended",
                                          "acknowledged", "waiting", "failed"};
constexpr std::array<Word, 3> kStepPhases{"prepare", "apply", "observe"};
constexpr std::array<Word, 2> kStepDirections{"take_away", "give_back"};
constexpr std::array<Word, 20> kPathKinds{
    "account",      "session",          "refresh_grant", "code",
    "access_token", "app_session",      "device",        "api_key",
    "assignment",   "subscription",     "registration",  "consent",
    "role",         "group_membership", "credential",    "method",
    "application",  "person",           "change",        "gate"};
constexpr std::array<Word, 5> kPathStates{"open", "ended", "ends_by", "waiting", "unknown"};
constexpr std::array<Word, 3> kAuditOutcomes{"success", "refused", "failed"};
constexpr std::array<Word, 2> kAuditParts{"actor", "subject"};

}  // namespace

std::string_view to_string(RunMode mode) { return word_of(kRunModes, mode); }
bool parse_enum(std::string_view text, RunMode& out) { return value_of(kRunModes, text, out); }

std::string_view to_string(RunState state) { return word_of(kRunStates, state); }
bool parse_enum(std::string_view text, RunState& out) { return value_of(kRunStates, text, out); }

std::string_view to_string(StepState state) { return word_of(kStepStates, state); }
bool parse_enum(std::string_view text, StepState& out) { return value_of(kStepStates, text, out); }

bool is_at_rest(StepState state) {
  switch (state) {
    case StepState::planned:
    case StepState::running: return false;
    case StepState::ended:
    case StepState::acknowledged:
    case StepState::waiting:
    case StepState::failed: return true;
  }
  return false;
}

std::string_view to_string(StepPhase phase) { return word_of(kStepPhases, phase); }
bool parse_enum(std::string_view text, StepPhase& out) { return value_of(kStepPhases, text, out); }

std::string_view to_string(StepDirection direction) { return word_of(kStepDirections, direction); }
bool parse_enum(std::string_view text, StepDirection& out) {
  return value_of(kStepDirections, text, out);
}

std::string_view to_string(PathKind kind) { return word_of(kPathKinds, kind); }
bool parse_enum(std::string_view text, PathKind& out) { return value_of(kPathKinds, text, out); }

std::string_view to_string(PathState state) { return word_of(kPathStates, state); }
bool parse_enum(std::string_view text, PathState& out) { return value_of(kPathStates, text, out); }

std::string_view to_string(AuditOutcome outcome) { return word_of(kAuditOutcomes, outcome); }
bool parse_enum(std::string_view text, AuditOutcome& out) {
  return value_of(kAuditOutcomes, text, out);
}

std::string_view to_string(AuditPart part) { return word_of(kAuditParts, part); }
bool parse_enum(std::string_view text, AuditPart& out) { return value_of(kAuditParts, text, out); }

}  // namespace curfew
