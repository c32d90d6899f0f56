#include "apps/curfew/undo.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "base/text.hpp"

using namespace curfew;

namespace {

// A run after the sweep of an administrator's account, as the API shows it.
struct SweptRun {
  boost::json::object data{{"run",
                            {{"id", "r"},
                             {"swept_since", "2026-01-31T09:00:00Z"},
                             {"subject", {{"id", "u"}, {"name", "eve@contoso.com"}}}}},
                           {"paths", boost::json::array{}},
                           {"steps", boost::json::array{}}};

  SweptRun() { add("account", "", "eve@contoso.com", "local.account"); }

  boost::json::object& add(const char* kind, const char* target, const char* name,
                           const char* connector, bool is_taken = true) {
    auto& steps = data.at("steps").as_array();
    const std::string id = "r." + std::to_string(steps.size());
    boost::json::object step{{"id", id}, {"connector", connector}, {"target", target}};
    if (is_taken) step["applied_at"] = "2026-01-31T10:00:00Z";
    steps.push_back(std::move(step));
    auto& paths = data.at("paths").as_array();
    return paths
        .emplace_back(boost::json::object{
            {"kind", kind}, {"target", target}, {"display_name", name}, {"step", id}})
        .as_object();
  }
  void add_made(const char* kind, const char* target, const char* name, const char* connector) {
    add(kind, target, name, connector)["made_at"] = "2026-01-31T09:30:00Z";
  }
  [[nodiscard]] std::string text() const { return join(undo_lines(data), "\n"); }
};

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the question of an undo says what is given back, by kind, number and name") {
  SweptRun run;
  run.add("session", "", "", "local.sessions");
  run.add("device", "d", "laptop", "local.device");
  run.add("role", "u/1", "Reader of eve", "local.role");
  run.add("role", "u/2", "Writer of eve", "local.role");
  run.add("credential", "a/s", "abc of Payroll", "local.app_secret");
  run.add("method", "u", "password of eve", "local.password");
  run.add("api_key", "k", "nightly", "local.api_key");
  run.add("group_membership", "g/u", "not taken", "local.group_member", false);
  const std::string text = run.text();
  CAPTURE(text);
  CHECK(holds(text, "  1 x account: eve@contoso.com\n"));
  CHECK(holds(text, "  1 x device: laptop\n"));
  CHECK(holds(text, "  2 x role: Reader of eve, Writer of eve\n"));
  for (const char* const away :
       {"session:", "abc", "password of", "nightly", "not taken", "WARNING"}) {
    CAPTURE(away);
    CHECK_FALSE(holds(text, away));
  }
}

TEST_CASE("the question of an undo warns of what the sweep found, and says how to keep it shut") {
  SweptRun run;
  run.add("role", "u/1", "Reader of eve", "local.role");
  run.add_made("person", "spy", "spy@contoso.com", "local.person");
  run.add_made("application", "door", "Backdoor", "local.application");
  run.add_made("role", "spy/1", "Administrator of spy", "local.role");
  run.add_made("credential", "door/s", "secret of Backdoor", "local.app_secret");
  const std::string text = run.text();
  CAPTURE(text);
  const std::string warning = text.substr(text.find("WARNING"));
  CHECK(holds(warning, "2026-01-31T09:00:00Z"));
  CHECK(holds(warning, "  1 x person: spy@contoso.com\n"));
  CHECK(holds(warning, "  1 x application: Backdoor\n"));
  CHECK(holds(warning, "  1 x role: Administrator of spy\n"));
  CHECK(holds(warning, "  curfew user disable spy@contoso.com\n"));
  CHECK(holds(warning, "  curfew app disable door "));
  CHECK_FALSE(holds(warning, "Reader of eve"));
  CHECK_FALSE(holds(warning, "secret of Backdoor"));
}

TEST_CASE("a long list is cut, and the number is the whole") {
  SweptRun run;
  for (int at = 0; at < 30; ++at) run.add("role", "u/1", "Reader", "local.role");
  CHECK(holds(run.text(), "  30 x role: Reader, "));
  CHECK(holds(run.text(), "Reader, and 10 more"));
}

TEST_CASE("only the subject's own password that the run took makes a new one needed") {
  SweptRun run;
  run.add("method", "other", "password of other", "local.password");
  run.add("method", "u", "password of eve", "local.password", false);
  CHECK_FALSE(has_replaced_password(run.data));
  run.add("method", "u", "password of eve", "local.password");
  CHECK(has_replaced_password(run.data));
}
