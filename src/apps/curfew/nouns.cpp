#include "apps/curfew/nouns.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "apps/curfew/gate_commands.hpp"
#include "apps/curfew/report_view.hpp"

namespace curfew {

namespace {

constexpr std::string_view kPageSize = "999";

bool has_objects(const boost::json::value& value) {
  return value.is_array() &&
         std::ranges::any_of(value.get_array(), [](const auto& item) { return item.is_object(); });
}

void add_members(const boost::json::object& object, TimePoint now, const std::string& indent,
                 std::vector<std::string>& lines);

// Each below a dash of its own; one line of JSON for all of them is nothing to read.
void add_items(const boost::json::array& items, TimePoint now, const std::string& indent,
               std::vector<std::string>& lines) {
  for (const boost::json::value& item : items) {
    const std::size_t first = lines.size();
    if (item.is_object()) {
      add_members(item.get_object(), now, indent + "  ", lines);
    } else {
      lines.push_back(indent + "  " + reader_text(&item, now));
    }
    if (lines.size() > first) lines[first][indent.size()] = '-';
  }
}

void add_members(const boost::json::object& object, TimePoint now, const std::string& indent,
                 std::vector<std::string>& lines) {
  for (const auto& [name, value] : object) {
    const std::string title = indent + std::string{name} + ":";
    if (value.is_object()) {
      lines.push_back(title);
      add_members(value.get_object(), now, indent + "  ", lines);
    } else if (has_objects(value)) {
      lines.push_back(title);
      add_items(value.get_array(), now, indent + "  ", lines);
    } else {
      lines.push_back(title + " " + reader_text(&value, now));
    }
  }
}

Exit show_answer(const Terminal& terminal, const boost::json::value& answer) {
  if (terminal.is_json() || !answer.is_object()) {
    terminal.json(answer);
  } else {
    for (const std::string& line : member_lines(answer.as_object(), SystemClock{}.now()))
      terminal.line(line);
  }
  return Exit::ok;
}

std::vector<Noun::Part> app_parts() {
  return {{"roles", "/roles", {{"ROLE", "displayName"}}},
          {"assignments", "/assignments", {{"ASSIGNED", "principalName"}}},
          {"secrets",
           "/secrets",
           {{"KEY ID", "keyId"},
            {"hint", "hint"},
            {"since", "startDateTime"},
            {"until", "endDateTime"}}}};
}

// "5f1c… hint abc since 2026-01-31 09:00:00 UTC": what is not there is left out.
std::string item_text(const Noun::Part& part, const boost::json::value& item, TimePoint now) {
  std::string text;
  for (const ColumnView& column : part.shown) {
    const auto* const value = member_at(item, column.member);
    if (value == nullptr || value->is_null()) continue;
    if (!text.empty()) text += " " + std::string{column.title} + " ";
    text += reader_text(value, now);
  }
  return text;
}

std::string object_path(const Noun& noun, const std::string& name) {
  return std::string{noun.path} + "/" + segment(name);
}

Noun group_noun() {
  return {
      "group",
      "/groups",
      "groups of people",
      {{"DISPLAY NAME", "displayName"}, {"ROLE-ASSIGNABLE", "isAssignableToRole"}, {"ID", "id"}},
      "id",
      false,
      true,
      {{"members", "/members", {{"MEMBER", "userPrincipalName"}}}}};
}

Noun gate_noun() {
  return {"gate",
          "/gates",
          "enforcement points beside other applications",
          {{"NAME", "name"},
           {"MODE", "mode"},
           {"ENABLED", "accountEnabled"},
           {"ENROLLED", "enrolledDateTime"},
           {"ACKNOWLEDGED", "feed.acknowledged"},
           {"LAG", "feed.lag"},
           {"VERSION", "feed.version"},
           {"APP ID", "appId"}},
          "appId",
          false,
          true,
          {},
          tell_feed};
}

Noun stream_noun() {
  return {"stream",
          "/streams",
          "receivers of shared signals, who are told when access is taken away",
          {{"APPLICATION", "appDisplayName"},
           {"DELIVERY", "delivery"},
           {"STATUS", "status"},
           {"STANDS", "stands"},
           {"PENDING", "pendingCount"},
           {"DROPPED", "droppedCount"},
           {"ID", "id"}},
          "id",
          false,
          true};
}

Noun target_noun() {
  return {"target",
          "/targets",
          "other servers that every run asks to end what the person has there",
          {{"NAME", "displayName"},
           {"URL", "url"},
           {"SUBJECT", "subjectFormat"},
           {"BY", "authentication"},
           {"ENABLED", "isEnabled"},
           {"ID", "id"}},
          "id",
          false,
          true};
}

Noun source_noun() {
  return {"source",
          "/sources",
          "transmitters of shared signals, who tell us that access should end",
          {{"NAME", "displayName"},
           {"DELIVERY", "delivery"},
           {"STANDS", "stands"},
           {"HELD", "isHeld"},
           {"RECEIVED", "receivedCount"},
           {"PENDING", "pendingCount"},
           {"UNKNOWN", "unknownCount"},
           {"REFUSED", "refusedCount"},
           {"HEARD", "heardDateTime"},
           {"TROUBLE", "trouble"},
           {"ID", "id"}},
          "id",
          false,
          true};
}

}  // namespace

std::vector<std::string> member_lines(const boost::json::object& object, TimePoint now) {
  std::vector<std::string> lines;
  add_members(object, now, "", lines);
  return lines;
}

const std::vector<Noun>& all_nouns() {
  static const std::vector<Noun> nouns{{"user",
                                        "/users",
                                        "people who sign in",
                                        {{"USER PRINCIPAL NAME", "userPrincipalName"},
                                         {"DISPLAY NAME", "displayName"},
                                         {"ENABLED", "accountEnabled"},
                                         {"TYPE", "userType"},
                                         {"ID", "id"}},
                                        "id",
                                        true,
                                        true,
                                        {{"roles", "/roles", {{"ROLE", "displayName"}}}}},
                                       group_noun(),
                                       {"app",
                                        "/apps",
                                        "applications that people sign in to",
                                        {{"DISPLAY NAME", "displayName"},
                                         {"CLIENT TYPE", "clientType"},
                                         {"ENABLED", "accountEnabled"},
                                         {"APP ID", "appId"}},
                                        "appId",
                                        true,
                                        true,
                                        app_parts()},
                                       {"device",
                                        "/devices",
                                        "registered devices",
                                        {{"DISPLAY NAME", "displayName"},
                                         {"SYSTEM", "operatingSystem"},
                                         {"ENABLED", "accountEnabled"},
                                         {"OWNER", "registeredOwner"},
                                         {"ID", "id"}},
                                        "id",
                                        true,
                                        true},
                                       {"key",
                                        "/keys",
                                        "API keys of applications",
                                        {{"DISPLAY NAME", "displayName"},
                                         {"SCOPES", "scopes"},
                                         {"OWNER", "owner"},
                                         {"ENDS", "endDateTime"},
                                         {"ID", "id"}},
                                        "id",
                                        false,
                                        true},
                                       gate_noun(),
                                       stream_noun(),
                                       source_noun(),
                                       target_noun(),
                                       {"run",
                                        "/revocations",
                                        "revocations, past and present",
                                        {{"SUBJECT", "subject.name"},
                                         {"STATE", "state"},
                                         {"CUT AT", "cut_at"},
                                         {"BY", "actor.name"},
                                         {"ID", "id"}},
                                        "id",
                                        false,
                                        false}};
  return nouns;
}

Result<boost::json::array> fetch_all(Connection& server, const std::string& path) {
  boost::json::array all;
  std::string after;
  const char joiner = path.find('?') == std::string::npos ? '?' : '&';
  while (true) {
    std::string page_path = path + joiner + "limit=" + std::string{kPageSize};
    if (!after.empty()) page_path += "&after=" + segment(after);
    CURFEW_TRY(boost::json::value page, server.call(HttpMethod::get, page_path));
    const boost::json::object& object = page.as_object();
    for (const boost::json::value& item : object.at("value").as_array()) all.push_back(item);
    const auto* const next = object.if_contains("next");
    if (next == nullptr || !next->is_string()) return all;
    after = next->as_string().c_str();
  }
}

namespace {

Exit show_list(const Terminal& terminal, const Result<boost::json::array>& all,
               const std::vector<ColumnView>& columns) {
  if (!all.ok()) return terminal.fail(all.error());
  if (terminal.is_json()) {
    terminal.json(*all);
  } else {
    terminal.table(columns, *all);
  }
  return Exit::ok;
}

}  // namespace

Exit list_at(Connection& server, const Terminal& terminal, const std::string& path,
             const std::vector<ColumnView>& columns) {
  return show_list(terminal, fetch_all(server, path), columns);
}

Exit list_objects(Connection& server, const Terminal& terminal, const Noun& noun) {
  auto all = fetch_all(server, std::string{noun.path});
  if (all.ok() && noun.prepare != nullptr && !terminal.is_json()) {
    const TimePoint now = SystemClock{}.now();
    for (boost::json::value& object : *all) noun.prepare(object.as_object(), now);
  }
  return show_list(terminal, all, noun.columns);
}

Exit show_object(Connection& server, const Terminal& terminal, const Noun& noun,
                 const std::string& name) {
  auto object = server.call(HttpMethod::get, object_path(noun, name));
  if (!object.ok()) return terminal.fail(object.error());
  if (noun.name == "run" && !terminal.is_json()) {
    show_run(terminal, object->as_object());
    show_run_state(terminal, object->as_object());
    return Exit::ok;
  }
  const TimePoint now = SystemClock{}.now();
  for (const Noun::Part& part : noun.parts) {
    const auto items = fetch_all(server, object_path(noun, name) + std::string{part.path});
    // Who may see the object may not always see what it proves itself with.
    if (!items.ok() && items.error().code() == ErrorCode::denied) continue;
    if (!items.ok()) return terminal.fail(items.error());
    boost::json::array shown;
    for (const boost::json::value& item : *items) {
      if (terminal.is_json()) {
        shown.push_back(item);
      } else if (std::string text = item_text(part, item, now); !text.empty()) {
        shown.emplace_back(std::move(text));
      }
    }
    object->as_object()[part.name] = std::move(shown);
  }
  if (noun.prepare != nullptr && !terminal.is_json()) noun.prepare(object->as_object(), now);
  return show_answer(terminal, *object);
}

Exit set_enabled(Connection& server, const Terminal& terminal, const Noun& noun,
                 const std::string& name, bool enabled) {
  const auto object = server.call(HttpMethod::patch, object_path(noun, name),
                                  boost::json::object{{"accountEnabled", enabled}});
  if (!object.ok()) return terminal.fail(object.error());
  if (terminal.is_json()) {
    terminal.json(*object);
  } else {
    terminal.line(std::string{noun.name} + "/" + name + (enabled ? " enabled" : " disabled"));
  }
  return Exit::ok;
}

Exit remove_object(Connection& server, const Terminal& terminal, const Noun& noun,
                   const std::string& name, bool yes) {
  if (!yes) {
    const std::string what = "the name of the " + std::string{noun.name};
    if (!terminal.agrees(name, what, "remove it, which cannot be undone")) return Exit::usage;
  }
  const auto removed = server.call(HttpMethod::delete_, object_path(noun, name));
  if (!removed.ok()) return terminal.fail(removed.error());
  if (terminal.is_json()) {
    terminal.json(*removed);
  } else {
    terminal.line(std::string{noun.name} + "/" + name + " removed");
  }
  return Exit::ok;
}

Exit add_object(Connection& server, const Terminal& terminal, const Noun& noun,
                const boost::json::object& body) {
  const auto object = server.call(HttpMethod::post, std::string{noun.path}, body);
  if (!object.ok()) return terminal.fail(object.error());
  if (!terminal.is_json()) {
    const boost::json::object& made = object->as_object();
    terminal.line(std::string{noun.name} + "/" + cell_text(made.if_contains(noun.id_member)) +
                  " added");
  }
  return show_answer(terminal, *object);
}

Exit call_and_show(Connection& server, const Terminal& terminal, HttpMethod method,
                   const std::string& path, const boost::json::value& body,
                   std::string_view done_sentence) {
  const auto answer = server.call(method, path, body);
  if (!answer.ok()) return terminal.fail(answer.error());
  if (terminal.is_json()) {
    terminal.json(*answer);
    return Exit::ok;
  }
  terminal.line(done_sentence);
  return answer->is_object() ? show_answer(terminal, *answer) : Exit::ok;
}

Exit list_audit(Connection& server, const Terminal& terminal, int last) {
  const auto page = server.call(HttpMethod::get, "/audit?limit=" + std::to_string(last));
  if (!page.ok()) return terminal.fail(page.error());
  const boost::json::array& entries = page->as_object().at("value").as_array();
  if (terminal.is_json()) {
    terminal.json(entries);
    return Exit::ok;
  }
  terminal.table({{"AT", "at"},
                  {"ACTION", "action"},
                  {"OUTCOME", "outcome"},
                  {"BY", "actor"},
                  {"SUBJECT", "subject"},
                  {"RULE", "rule"}},
                 entries);
  return Exit::ok;
}

}  // namespace curfew
