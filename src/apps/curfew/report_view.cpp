#include "apps/curfew/report_view.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "io/file.hpp"
#include "protocol/json/json.hpp"
#include "revocation/report.hpp"

namespace curfew {

namespace {

constexpr int kGreen = 32;
constexpr int kYellow = 33;
constexpr int kRed = 31;

TimePoint now() { return SystemClock{}.now(); }

constexpr std::size_t kForeignBytesMax = 1024;

// What somebody else may have written, the whole report perhaps: never a control character to the
// terminal, and no member or type is taken for granted.
std::string text_of(const boost::json::object& object, std::string_view name) {
  const auto* const value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return "";
  const boost::json::string& text = value->get_string();
  return visible_text({text.data(), text.size()}, kForeignBytesMax);
}

std::optional<TimePoint> time_of(const boost::json::object& object, std::string_view name) {
  return parse_rfc3339(text_of(object, name));
}

std::string until(TimePoint ends_by) {
  return show_time(ends_by, now()) + ", " + show_distance(ends_by, now());
}

constexpr std::string_view kWouldEnd = "would_end";  // a plan's word for `ended`

// "would end at once": nothing has ended yet, and a plan must not read as if it had.
std::string forecast_sentence(const boost::json::object& path) {
  const std::string state = text_of(path, "state");
  const auto ends_by = time_of(path, "ends_by");
  if (state == kWouldEnd) return "would end at once";
  if (state == "ends_by" && ends_by) return "would end by " + until(*ends_by);
  if (state == "waiting") return "would wait for a person";
  return state;
}

bool is_closed_by_person(const boost::json::object* step) {
  return step != nullptr && !text_of(*step, "closed_by").empty();
}

// "ended", "ends by 16:03:11 (15:03:11 UTC, in 59 min)", "unknown", ...
std::string state_sentence(const boost::json::object& path, const boost::json::object* step,
                           Tense tense) {
  if (tense == Tense::forecast) return forecast_sentence(path);
  const std::string state = text_of(path, "state");
  const auto ended_at = time_of(path, "ended_at");
  const auto ends_by = time_of(path, "ends_by");
  if (state == "ended" && ended_at) return "ended at " + show_time(*ended_at, now());
  if (state == "ends_by" && ends_by) return "ends by " + until(*ends_by);
  if (state == "waiting" && is_closed_by_person(step)) return "left as it is, by a person";
  if (state == "waiting") return "waiting for a person";
  return state;
}

// It has ended, or would.
bool is_closed(const std::string& state) { return state == "ended" || state == kWouldEnd; }

int colour_of(const std::string& state) {
  if (is_closed(state)) return kGreen;
  return state == "ends_by" ? kYellow : kRed;
}

// The API's words for people; a kind that is not here is shown as it is.
constexpr std::array<std::pair<std::string_view, std::string_view>, 20> kKindWords{{
    {"account", "account"},
    {"session", "browser sessions"},
    {"refresh_grant", "refresh tokens of"},
    {"access_token", "access tokens for"},
    {"code", "half-finished sign-ins"},
    {"app_session", "own session of"},
    {"device", "device"},
    {"api_key", "API key"},
    {"assignment", "assignments"},
    {"subscription", "change notifications"},
    {"registration", "registration with"},
    {"consent", "consent to"},
    {"role", "role"},
    {"group_membership", "membership of"},
    {"credential", "credential"},
    {"method", "sign-in method:"},
    {"application", "application"},
    {"person", "person"},
    {"change", "change:"},
    {"gate", "what is let in by"},
}};

std::string kind_words(const std::string& kind) {
  for (const auto& [known, words] : kKindWords) {
    if (known == kind) return std::string{words};
  }
  return kind;
}

// ", 16:03:11 by johndoe@contoso.com": when it appeared, and through whom, as far as is known.
std::string origin(const boost::json::object& path) {
  const auto made_at = time_of(path, "made_at");
  const std::string made_by = text_of(path, "made_by");
  if (!made_at) return "";
  return ", " + to_rfc3339(*made_at) + (made_by.empty() ? "" : " by " + made_by);
}

// In a pipe the API's own words stay: scripts look for them.
std::string path_title(const Terminal& terminal, const boost::json::object& path) {
  const std::string kind = text_of(path, "kind");
  std::string title = terminal.is_live() ? kind_words(kind) : kind;
  const std::string name = text_of(path, "display_name");
  if (!name.empty()) title += " " + name;
  const auto* const count = path.if_contains("count");
  if (count != nullptr && count->is_int64() && count->as_int64() > 1) {
    title += " (" + std::to_string(count->as_int64()) + ")";
  }
  return title + origin(path);
}

// The objects in an array; none where there is no such array.
std::vector<const boost::json::object*> objects_in(const boost::json::object& holder,
                                                   std::string_view name) {
  std::vector<const boost::json::object*> objects;
  const auto* const value = holder.if_contains(name);
  if (value == nullptr || !value->is_array()) return objects;
  for (const boost::json::value& item : value->get_array()) {
    if (item.is_object()) objects.push_back(&item.get_object());
  }
  return objects;
}

boost::json::object object_in(const boost::json::object& holder, std::string_view name) {
  const auto* const value = holder.if_contains(name);
  return value == nullptr || !value->is_object() ? boost::json::object{} : value->get_object();
}

void show_path(const Terminal& terminal, const boost::json::object& path,
               const boost::json::object* step, Tense tense, std::size_t width) {
  const std::string state = text_of(path, "state");
  const std::string reason = text_of(path, "reason");
  std::string title = path_title(terminal, path);
  if (!terminal.is_live()) {
    terminal.line(state + "\t" + title + "\t" + state_sentence(path, step, tense) + "\t" +
                  (reason.empty() ? "-" : reason));
    return;
  }
  title.append(width - title.size() + 2, ' ');
  const std::string mark = is_closed(state) ? "✓ " : "! ";
  terminal.line("  " + terminal.colour(mark, colour_of(state)) + title +
                state_sentence(path, step, tense));
  if (!reason.empty()) terminal.line("      " + reason);
}

}  // namespace

const boost::json::object* step_of_run(const boost::json::object& data, std::string_view id) {
  for (const boost::json::object* step : objects_in(data, "steps")) {
    const auto* const own = step->if_contains("id");
    if (own != nullptr && own->is_string() && own->get_string() == id) return step;
  }
  return nullptr;
}

const boost::json::object* step_of_path(const boost::json::object& data,
                                        const boost::json::object& path) {
  const std::string id = text_of(path, "step");
  return id.empty() ? nullptr : step_of_run(data, id);
}

std::string short_step_id(const boost::json::object& step) {
  const std::string id = text_of(step, "id");
  return id.substr(id.find('.') + 1);
}

void show_paths(const Terminal& terminal, const boost::json::object& holder, Tense tense) {
  const auto paths = objects_in(holder, "paths");
  std::size_t width = 0;
  for (const boost::json::object* path : paths) {
    width = std::max(width, path_title(terminal, *path).size());
  }
  for (const boost::json::object* path : paths) {
    show_path(terminal, *path, step_of_path(holder, *path), tense, width);
  }
}

void show_run_state(const Terminal& terminal, const boost::json::object& data) {
  const boost::json::object run = object_in(data, "run");
  terminal.line("  state   " + text_of(run, "state"));
  const auto undone_at = time_of(run, "restored_at");
  if (!undone_at) return;
  terminal.line("  " + terminal.colour("undone", kRed) + "  at " + show_time(*undone_at, now()) +
                " by " + text_of(run, "restored_by") +
                ": what was given back works again; old credentials stay dead");
}

void show_open_steps(const Terminal& terminal, const boost::json::object& data) {
  for (const boost::json::object* step : objects_in(data, "steps")) {
    const std::string state = text_of(*step, "state");
    if ((state != "failed" && state != "waiting") || is_closed_by_person(step)) continue;
    terminal.line("  " + terminal.colour(state, kRed) + ": step " + short_step_id(*step) + ": " +
                  text_of(*step, "title") + ": " + text_of(*step, "last_error"));
  }
}

void show_run(const Terminal& terminal, const boost::json::object& data) {
  const boost::json::object run = object_in(data, "run");
  const auto cut_at = time_of(run, "cut_at");
  const bool is_whole = text_of(run, "mode") != "sessions_only";
  terminal.line(terminal.bold((is_whole ? "Revoked " : "Ended the sessions and tokens of ") +
                              text_of(object_in(run, "subject"), "name")) +
                "   run " + text_of(run, "id"));
  if (cut_at) terminal.line("  refused by this server since " + show_time(*cut_at, now()));
  show_paths(terminal, data);
  show_open_steps(terminal, data);
  const auto ends_by = time_of(object_in(data, "summary"), "access_ends_by");
  if (ends_by && *ends_by > now()) {
    terminal.line("  The last access ends by " + until(*ends_by) + ".");
  }
}

Exit exit_of_run(const boost::json::object& data) {
  for (const boost::json::object* step : objects_in(data, "steps")) {
    if (text_of(*step, "state") == "failed") return Exit::failed;
  }
  const auto paths = objects_in(data, "paths");
  const bool something_lives = std::ranges::any_of(
      paths, [](const boost::json::object* path) { return text_of(*path, "state") != "ended"; });
  return something_lives ? Exit::pending : Exit::ok;
}

Exit save_report(Connection& server, const Terminal& terminal, const std::string& id,
                 const std::string& file) {
  constexpr mode_t kReportMode = 0644;
  const auto report = server.download("/revocations/" + segment(id) + "/report");
  if (!report.ok()) return terminal.fail(report.error());
  if (file.empty()) {
    std::string text = *report;
    while (text.ends_with('\n')) text.pop_back();
    terminal.line(text);
    return Exit::ok;
  }
  const Status written = write_file_atomic(file, *report, kReportMode);
  if (!written.ok()) return terminal.fail(written.error());
  terminal.note("curfew: wrote " + file + "; check it with `curfew verify " + file + "`");
  return Exit::ok;
}

Exit verify_file(const Terminal& terminal, const std::string& file,
                 const std::string& trusted_keys_file) {
  const auto report = read_file(file, kReportBytesMax);
  if (!report.ok()) return terminal.fail(report.error());
  std::string keys;
  if (!trusted_keys_file.empty()) {
    auto read = read_file(trusted_keys_file, kReportBytesMax);
    if (!read.ok()) return terminal.fail(read.error());
    keys = std::move(*read);
  }
  const auto verified = verify_report(*report, keys);
  if (!verified.ok()) {
    // Whatever is wrong with the file, the answer to the question is no.
    (void)terminal.fail(verified.error().within(file + " does not verify"));
    return Exit::failed;
  }
  const auto parsed = parse_json_object(verified->json, {.bytes_max = kReportBytesMax});
  const boost::json::object data = parsed.ok() ? *parsed : boost::json::object{};
  if (terminal.is_json()) {
    const boost::json::object run = object_in(data, "run");
    terminal.json({{"verified", true},
                   {"run_id", verified->run_id},
                   {"tenant_id", verified->tenant_id},
                   {"run_state", text_of(run, "state")},
                   {"restored_at", text_of(run, "restored_at")},
                   {"made_at", to_rfc3339(verified->made_at)},
                   {"key_thumbprint", verified->key_thumbprint},
                   {"key_is_trusted", verified->key_is_trusted}});
    return Exit::ok;
  }
  terminal.line("Every byte of " + file + " is as it was signed at " +
                show_time(verified->made_at, now()) + ".");
  terminal.line("  run     " + visible_text(verified->run_id, kForeignBytesMax));
  terminal.line("  tenant  " + visible_text(verified->tenant_id, kForeignBytesMax));
  terminal.line("  key     " + verified->key_thumbprint +
                (verified->key_is_trusted
                     ? " (in the keys that you trust)"
                     : " (compare with the server's: `curfew run keys`, or give --keys)"));
  show_run_state(terminal, data);
  show_paths(terminal, data);
  show_open_steps(terminal, data);
  return Exit::ok;
}

}  // namespace curfew
