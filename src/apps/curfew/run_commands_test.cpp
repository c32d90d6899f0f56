#include "apps/curfew/run_commands.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "apps/curfew/report_view.hpp"

using namespace curfew;

TEST_CASE("a step is named by its number in the run, or by its id") {
  const std::string run = "059cd2ef-2fbc-4020-8f76-f63d00818254";
  CHECK(whole_step_id(run, "7") == run + ".7");
  CHECK(whole_step_id(run, run + ".7") == run + ".7");
  const boost::json::object data{
      {"steps", boost::json::array{{{"id", run + ".6"}}, {{"id", run + ".7"}}}}};
  const auto* const step = step_of_run(data, run + ".7");
  REQUIRE(step != nullptr);
  CHECK(short_step_id(*step) == "7");
  CHECK(step_of_path(data, {{"step", run + ".7"}}) == step);
  CHECK(step_of_path(data, {{"kind", "app_session"}}) == nullptr);
  CHECK(step_of_run(data, run + ".8") == nullptr);
}
