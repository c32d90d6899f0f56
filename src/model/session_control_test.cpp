#include "model/session_control.hpp"

#include <doctest/doctest.h>

#include <string>

namespace curfew {
namespace {

TEST_CASE("a rule is a control, alone or with a condition") {
  const auto alone = parse_session_control_rule("monitorOnly");
  REQUIRE(alone.ok());
  CHECK(*alone == SessionControlRule{SessionControl::monitor_only, SessionCondition::always});
  const auto with = parse_session_control_rule("blockDownloads:unmanagedDevice");
  REQUIRE(with.ok());
  CHECK(*with ==
        SessionControlRule{SessionControl::block_downloads, SessionCondition::unmanaged_device});
  for (const char* const wrong :
       {"", ":", "monitor", "monitorOnly:", "MonitorOnly", "blockDownloads:unmanagedDevice:always",
        "blockDownloads: unmanagedDevice", "mcasConfigured"}) {
    CAPTURE(wrong);
    const auto refused = parse_session_control_rule(wrong);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message().find("blockDownloads") != std::string::npos);
  }
}

TEST_CASE("what a newer server may have written is the strictest that is known") {
  CHECK_FALSE(read_session_controls({}).any());
  CHECK(read_session_controls({"monitorOnly"}).monitors);
  CHECK_FALSE(read_session_controls({"monitorOnly"}).blocks_downloads);
  CHECK(read_session_controls({"blockDownloads"}).blocks_downloads);
  CHECK_FALSE(read_session_controls({"blockDownloads"}).monitors);
  const SessionControls unknown = read_session_controls({"blockPrinting"});
  CHECK(unknown.monitors);
  CHECK(unknown.blocks_downloads);
}

}  // namespace
}  // namespace curfew
