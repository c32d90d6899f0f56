#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json/writer.hpp"
#include "revocation/part.hpp"
#include "revocation/report.hpp"

// The JSON forms of runs, steps, paths and plans. Members are written in one order, absent ones are
// left out, so that the same values give the same bytes.

namespace curfew {

namespace {

void time_member(JsonObjectWriter& object, std::string_view name,
                 const std::optional<TimePoint>& at) {
  if (at) object.string(name, to_rfc3339(*at));
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void text_member(JsonObjectWriter& object, std::string_view name, std::string_view text) {
  if (!text.empty()) object.string(name, text);
}

std::string to_json(const Hold& hold) {
  std::string text;
  JsonObjectWriter object{text};
  object.string("owner", hold.owner)
      .string("reason", hold.reason)
      .string("position", to_string(hold.position))
      .string("at", to_rfc3339(hold.at));
  object.end();
  return text;
}

template <typename T>
std::string to_json_array(const std::vector<T>& items) {
  std::string text = "[";
  for (const T& item : items) {
    if (text.size() > 1) text += ',';
    text += to_json(item);
  }
  return text + ']';
}

std::string subject_json(const UserId& id, std::string_view name) {
  std::string text;
  JsonObjectWriter object{text};
  object.string("id", id.str()).string("name", name);
  object.end();
  return text;
}

std::string actor_json(const Run& run) {
  std::string text;
  JsonObjectWriter object{text};
  object.string("kind", to_string(run.actor_kind))
      .string("id", run.actor_id)
      .string("name", run.actor_name);
  object.end();
  return text;
}

std::string positions_json(const Run& run) {
  std::string text;
  JsonObjectWriter object{text};
  object.string("first", to_string(run.first_position)).string("last", to_string(run.cut_position));
  object.end();
  return text;
}

std::string to_json(const ReportSummary& summary) {
  std::string text;
  JsonObjectWriter object{text};
  const auto number = [&](std::string_view name, std::size_t count) {
    object.integer(name, static_cast<std::int64_t>(count));
  };
  number("paths", summary.path_count);
  number("ended", summary.ended_count);
  number("ends_by", summary.ends_by_count);
  number("waiting", summary.waiting_count);
  number("unknown", summary.unknown_count);
  number("open", summary.open_count);
  time_member(object, "access_ends_by", summary.access_ends_by);
  object.end();
  return text;
}

}  // namespace

std::string to_json(const Run& run) {
  std::string text;
  JsonObjectWriter object{text};
  object.string("id", run.id.str())
      .string("state", to_string(run.state))
      .string("mode", to_string(run.mode))
      .raw("subject", subject_json(run.subject_id, run.subject_name))
      .raw("actor", actor_json(run))
      .string("reason", run.reason)
      .boolean("remove_assignments", contains(run.parts, kAssignmentsOption))
      .strings("parts", run.parts)
      .raw("positions", positions_json(run))
      .string("requested_at", to_rfc3339(run.requested_at))
      .string("cut_at", to_rfc3339(run.cut_at));
  time_member(object, "swept_since", run.swept_since);
  time_member(object, "rested_at", run.rested_at);
  time_member(object, "restored_at", run.restored_at);
  text_member(object, "restored_by", run.restored_by);
  object.integer("change", static_cast<std::int64_t>(run.change));
  object.end();
  return text;
}

std::string to_json(const Step& step) {
  std::string text;
  JsonObjectWriter object{text};
  object.string("id", step.id.str())
      .string("title", step.title)
      .string("direction", to_string(step.direction))
      .string("connector", step.connector);
  text_member(object, "target", step.target);
  if (!step.after.empty()) object.strings("after", step.after);
  object.string("state", to_string(step.state)).boolean("made_in_cut", step.made_in_cut);
  if (step.state == StepState::running) object.string("phase", to_string(step.phase));
  object.integer("failed_attempts", step.attempt_count);
  time_member(object, "next_attempt_at", step.next_attempt_at);
  text_member(object, "last_error", step.last_error);
  time_member(object, "applied_at", step.applied_at);
  time_member(object, "observed_at", step.observed_at);
  time_member(object, "observe_again_at", step.observe_again_at);
  text_member(object, "evidence", step.evidence);
  text_member(object, "closed_by", step.closed_by);
  object.end();
  return text;
}

namespace {

// `is_forecast`: what would become of it. Nothing has ended in a plan, and nothing says that it
// did.
std::string path_json(const AccessPath& path, bool is_forecast) {
  const bool would_end = is_forecast && path.state == PathState::ended;
  std::string text;
  JsonObjectWriter object{text};
  object.string("kind", to_string(path.kind));
  text_member(object, "target", path.target);
  text_member(object, "display_name", path.display_name);
  object.string("state", would_end ? "would_end" : to_string(path.state))
      .string("control", path.control);
  object.integer("count", static_cast<std::int64_t>(path.count))
      .boolean("count_is_least", path.count_is_least);
  if (path.step_id) object.string("step", path.step_id->str());
  if (!would_end) time_member(object, "ended_at", path.ended_at);
  time_member(object, "observed_at", path.observed_at);
  time_member(object, "ends_by", path.ends_by);
  text_member(object, "reason", path.reason);
  time_member(object, "made_at", path.made_at);
  text_member(object, "made_by", path.made_by);
  object.end();
  return text;
}

std::string forecast_json(const std::vector<AccessPath>& paths) {
  std::string text = "[";
  for (const AccessPath& path : paths) {
    if (text.size() > 1) text += ',';
    text += path_json(path, true);
  }
  return text + ']';
}

}  // namespace

std::string to_json(const AccessPath& path) { return path_json(path, false); }

std::string to_json(const RunData& data) {
  std::string text;
  JsonObjectWriter object{text};
  object.raw("run", to_json(data.run))
      .raw("summary", to_json(summary_of(data)))
      .raw("paths", to_json_array(data.paths))
      .raw("steps", to_json_array(data.steps));
  object.end();
  return text;
}

std::string to_json(const Plan& plan) {
  std::string text;
  JsonObjectWriter object{text};
  object.raw("subject", subject_json(plan.subject_id, plan.subject_name))
      .string("mode", to_string(plan.options.mode))
      .boolean("remove_assignments", plan.options.asks_for(kAssignmentsOption))
      .strings("parts", {plan.options.parts.begin(), plan.options.parts.end()})
      .string("made_at", to_rfc3339(plan.made_at));
  time_member(object, "swept_since", plan.options.since);
  object.raw("summary", to_json(summary_of(plan.paths)))
      .raw("paths", forecast_json(plan.paths))
      .raw("steps", to_json_array(plan.steps))
      .raw("standing_holds", to_json_array(plan.standing_holds));
  object.end();
  return text;
}

ReportSummary summary_of(const std::vector<AccessPath>& paths) {
  ReportSummary summary;
  summary.path_count = paths.size();
  std::optional<TimePoint> latest;
  const auto note = [&](const std::optional<TimePoint>& at) {
    if (at) latest = latest ? std::max(*latest, *at) : *at;
  };
  for (const AccessPath& path : paths) {
    switch (path.state) {
      case PathState::open: ++summary.open_count; break;
      case PathState::ended:
        ++summary.ended_count;
        note(path.ended_at);
        break;
      case PathState::ends_by:
        ++summary.ends_by_count;
        note(path.ends_by);
        break;
      case PathState::waiting: ++summary.waiting_count; break;
      case PathState::unknown: ++summary.unknown_count; break;
    }
  }
  const bool bounded =
      summary.open_count == 0 && summary.waiting_count == 0 && summary.unknown_count == 0;
  if (bounded) summary.access_ends_by = latest;
  return summary;
}

ReportSummary summary_of(const RunData& data) { return summary_of(data.paths); }

std::string report_json(const RunData& data, std::string_view public_jwk, TimePoint made_at) {
  std::string text;
  JsonObjectWriter object{text};
  object.integer("version", 1)
      .string("kind", "curfew.revocation-report")
      .string("tenant_id", data.run.tenant_id.str())
      .raw("run", to_json(data.run))
      .raw("subject", subject_json(data.run.subject_id, data.run.subject_name))
      .raw("actor", actor_json(data.run))
      .raw("positions", positions_json(data.run))
      .raw("summary", to_json(summary_of(data)))
      .raw("paths", to_json_array(data.paths))
      .raw("steps", to_json_array(data.steps))
      .string("made_at", to_rfc3339(made_at))
      .raw("key", public_jwk);
  object.end();
  return text;
}

}  // namespace curfew
