#include "access/session_controls.hpp"

#include <doctest/doctest.h>

namespace curfew {
namespace {

using Words = std::vector<std::string>;

AccessFacts facts_with(Words client_rules, Words resource_rules = {}) {
  AccessFacts facts;
  facts.user_was_named = true;
  facts.client.session_controls = std::move(client_rules);
  facts.resource = App{};
  facts.resource->session_controls = std::move(resource_rules);
  return facts;
}

Device device_that_is(std::string properties) {
  Device device;
  device.properties = std::move(properties);
  return device;
}

TEST_CASE("a session is under what either application asks for, each control once") {
  CHECK(session_controls_of(facts_with({})).empty());
  CHECK(session_controls_of(facts_with({"monitorOnly"})) == Words{"monitorOnly"});
  CHECK(session_controls_of(facts_with({}, {"blockDownloads"})) == Words{"blockDownloads"});
  CHECK(session_controls_of(facts_with({"blockDownloads", "blockDownloads:unmanagedDevice"},
                                       {"blockDownloads", "monitorOnly"})) ==
        Words{"monitorOnly", "blockDownloads"});
}

TEST_CASE("what an application fetches on somebody's behalf is under the rules of what it calls") {
  const AccessFacts facts = facts_with({"blockDownloads"}, {"monitorOnly"});
  CHECK(session_controls_of(facts, TokenHolder::intermediary) == Words{"monitorOnly"});
  CHECK(session_controls_of(facts, TokenHolder::client) == Words{"monitorOnly", "blockDownloads"});
}

TEST_CASE("a device is managed or compliant only where somebody has said so") {
  AccessFacts facts = facts_with({"blockDownloads:unmanagedDevice"});
  CHECK_FALSE(session_controls_of(facts).empty());  // on no device
  for (const char* const properties : {"{}", R"({"isManaged":false})", R"({"isManaged":"true"})",
                                       R"({"isCompliant":true})", "not JSON"}) {
    CAPTURE(properties);
    facts.device = device_that_is(properties);
    CHECK_FALSE(session_controls_of(facts).empty());
  }
  facts.device = device_that_is(R"({"isManaged":true})");
  CHECK(session_controls_of(facts).empty());
  facts.device->account_enabled = false;
  CHECK_FALSE(session_controls_of(facts).empty());

  facts = facts_with({"blockDownloads:nonCompliantDevice"});
  facts.device = device_that_is(R"({"isManaged":true})");
  CHECK_FALSE(session_controls_of(facts).empty());
  facts.device = device_that_is(R"({"isCompliant":true})");
  CHECK(session_controls_of(facts).empty());
}

TEST_CASE("the device that let another machine in says nothing about that one") {
  AccessFacts facts = facts_with({"blockDownloads:unmanagedDevice"});
  facts.device = device_that_is(R"({"isManaged":true})");
  CHECK(session_controls_of(facts).empty());
  CHECK(session_controls_of(facts, TokenHolder::client, DevicePlace::elsewhere) ==
        Words{"blockDownloads"});
}

TEST_CASE("a rule that cannot be read asks for everything") {
  CHECK(session_controls_of(facts_with({"blockPrinting:always"})) ==
        Words{"monitorOnly", "blockDownloads"});
}

TEST_CASE("an application by itself is in no session") {
  AccessFacts facts = facts_with({"blockDownloads"});
  facts.user_was_named = false;
  CHECK(session_controls_of(facts).empty());
}

}  // namespace
}  // namespace curfew
