#include <doctest/doctest.h>

#include <array>
#include <random>

#include "api/sign_in/device_code.hpp"
#include "tests/support/device_flow.hpp"
#include "tests/support/race_server.hpp"
#include "tests/support/redeem_race.hpp"

// A person lets one device in and another one fetches its tokens, while the person is revoked:
// whatever order comes out, nothing lives on.

namespace curfew {
namespace {

using test::DeviceFlow;
using test::Fields;
using test::RaceServer;
using test::SeededSession;
using test::ServerFixture;
using test::TestBrowser;
using test::TokenAnswer;

constexpr int kPeople = 250;
constexpr int kRacedMin = 20;

struct Person {
  UserId id;
  SeededSession session;
  std::string to_approve;  // its device code
  std::string form;        // that approves it
  std::string approved;    // a device code
};

class DeviceRace {
 public:
  explicit DeviceRace(std::uint64_t seed) : server_(make_memory_store(), seed), random_(seed) {}

  void run() {
    for (int i = 0; i < kPeople; ++i) race_one(add_person(i));
    MESSAGE("figure: race of devices with the cut: approvals "
            << approvals_[0] << " in time, " << approvals_[1] << " too late; redemptions "
            << redemptions_[0] << " in time, " << redemptions_[1] << " too late");
    for (const auto& counts : {approvals_, redemptions_}) {
      CHECK(counts[0] >= kRacedMin);
      CHECK(counts[1] >= kRacedMin);
    }
  }

 private:
  // A row as the device authorization endpoint leaves it: that counts requests by address.
  std::string begin(const std::string& user_code) {
    const std::string device_code = random_token();
    DeviceCode row;
    row.tenant_id = server_.tenant;
    row.hash = sha256_base64url(device_code);
    row.user_code_mac = user_code_mac(*server_.context, user_code);
    row.app_id = server_.web;
    row.resource = "api://files";
    row.scopes = {"openid", "offline_access", "api://files/Files.Read"};
    row.created_at = server_.clock.now();
    row.expires_at = server_.clock.now() + kDeviceCodeLifetime;
    server_.put(row);
    return device_code;
  }

  Person add_person(int number) {
    Person person;
    User user = server_.row<User>(server_.john);
    user.id = person.id = UserId{new_guid()};
    user.user_principal_name = user.id.str() + "@contoso.com";
    user.mail.reset();
    user.password_id = new_guid();
    server_.put(user);
    person.session = server_.add_session(user.id);
    TestBrowser browser = server_.browser_of(person.session);
    browser.address = "2001:db8:0:" + std::to_string(number) + "::1";
    const std::string first = make_user_code(random_());
    const std::string second = make_user_code(random_());
    person.approved = begin(first);
    REQUIRE(flow_.approve(browser, first).status == 200);
    person.to_approve = begin(second);
    person.form = flow_.confirmation(browser, second);
    return person;
  }

  HttpRequest approval_of(const Person& person) {
    return server_.post(
        flow_.page_path(), {{"continuation", person.form}, {"action", "approve"}, {"confirm", "1"}},
        {{"Cookie", person.session.cookie}, {"Origin", "null"}, {"Sec-Fetch-Site", "same-origin"}});
  }
  HttpRequest redemption_of(const std::string& device_code) {
    return server_.post(server_.path("/oauth2/v2.0/token"), flow_.poll_fields(device_code));
  }

  void race_one(const Person& person) {
    auto approval = server_.begin(approval_of(person));
    auto redemption = server_.begin(redemption_of(person.approved));
    // Now and then one of the two is through before the person is revoked.
    const std::uint64_t dice = random_() % 4;
    if (dice == 0) approval.wait();
    if (dice == 1) redemption.wait();
    Removal removal;
    removal.kind = RemovalKind::revoke_user;
    removal.user_id = person.id;
    server_.take_away(removal);

    const bool is_approved = test::contains(approval.get().body, "The device can go on");
    const TokenAnswer tokens = ServerFixture::taken_apart(redemption.get());
    ++approvals_[is_approved ? 0 : 1];
    ++redemptions_[tokens.ok() ? 0 : 1];
    CHECK_FALSE(flow_.poll(person.to_approve).ok());
    check_dead(tokens);
    server_.give_back(RestoralKind::enable_user, person.id.str());
    CHECK_FALSE(flow_.poll(person.to_approve).ok());
    check_dead(tokens);
  }

  void check_dead(const TokenAnswer& tokens) {
    if (!tokens.ok()) return;
    CHECK_FALSE(ServerFixture::is_active(server_.introspect(tokens.access())));
    CHECK_FALSE(server_.refresh(tokens.refresh()).ok());
  }

  RaceServer server_;
  DeviceFlow flow_{server_};
  std::mt19937_64 random_;
  std::array<int, 2> approvals_{};    // in time, too late
  std::array<int, 2> redemptions_{};  // in time, too late
};

TEST_CASE("a device that is let in while the person is revoked gets nothing that lives") {
  DeviceRace{5}.run();
}

TEST_CASE("one device code redeemed by many at once makes one grant, which the others end") {
  test::FixtureOptions options;
  options.threads = 4;
  ServerFixture server{std::move(options)};
  DeviceFlow flow{server};
  test::check_one_grant_of_many(
      server, [&] { return flow.poll_fields(flow.approved(server.add_session(server.john))); });
}

}  // namespace
}  // namespace curfew
