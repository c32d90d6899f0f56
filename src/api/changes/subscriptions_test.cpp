// Subscriptions to changes, through the Graph API, and what their receivers are told.
#include <doctest/doctest.h>

#include <chrono>

#include "base/limits.hpp"
#include "store/change_log.hpp"
#include "store/schema_changes.hpp"
#include "tests/support/graph_office.hpp"
#include "tests/support/test_receivers.hpp"

namespace curfew {
namespace {

using test::GraphOffice;
using test::GraphReply;
using test::NotifyRig;
using test::TestReceivers;
using namespace std::chrono_literals;

const std::string kUrl = "https://watch.contoso.com/in?tenant=1";
const std::string kLifecycleUrl = "https://watch.contoso.com/life";

std::string text_in(const boost::json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  return found != nullptr && found->is_string() ? std::string{found->as_string()} : "";
}

struct Desk : GraphOffice {
  NotifyRig rig{server};
  std::string bearer = token_of_john_as(Role::global_administrator);
  UserId person = add_person("person@contoso.com", "Person");

  [[nodiscard]] std::string in(Duration time) const {
    return to_rfc3339(server.clock.now() + time);
  }
  [[nodiscard]] boost::json::object wish(const std::string& resource = "users") const {
    return {{"changeType", "created,updated,deleted"},
            {"notificationUrl", kUrl},
            {"resource", resource},
            {"expirationDateTime", in(1h)},
            {"clientState", "the secret of the receiver"}};
  }
  GraphReply subscribe(const boost::json::object& body) {
    return post(bearer, "/subscriptions", boost::json::serialize(body));
  }
  GraphReply subscribe_to(const std::string& resource) {
    GraphReply reply = subscribe(wish(resource));
    REQUIRE(reply.status == 201);
    static_cast<void>(rig.receivers.take());
    return reply;
  }
  void rename(const std::string& name) {
    server.change<User>(person, [&](User& user) { user.display_name = name; });
  }
  // What receivers are told in one round, as "updated users/x".
  std::string told() {
    rig.round();
    std::vector<std::string> lines;
    for (const auto& one : rig.receivers.told()) {
      const std::string event = text_in(one, "lifecycleEvent");
      lines.push_back(event.empty() ? text_in(one, "changeType") + " " + text_in(one, "resource")
                                    : event);
    }
    return join(lines, ", ");
  }
  [[nodiscard]] std::string updated() const { return "updated Users/" + person.str(); }
  [[nodiscard]] Subscription row() { return server.all<Subscription>().front(); }
};

TEST_CASE("a subscription is made after the receiver has sent the token back, decoded") {
  Desk desk;
  auto body = desk.wish("/Users/" + desk.person.str());
  body["lifecycleNotificationUrl"] = kLifecycleUrl;
  const GraphReply made = desk.subscribe(body);
  REQUIRE(made.status == 201);
  const auto calls = desk.rig.receivers.take();
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].url.starts_with(kUrl + "&validationToken="));
  CHECK(calls[1].url.starts_with(kLifecycleUrl + "?validationToken="));
  CHECK(calls[0].url.find(' ') == std::string::npos);
  CHECK(TestReceivers::token_in(calls[0]).find(' ') != std::string::npos);
  CHECK(calls[0].content_type == "text/plain; charset=utf-8");
  CHECK(calls[0].body.empty());
  CHECK(calls[0].deadline == Duration{limits::kHandshakeTimeMax});

  CHECK(made.text("resource") == "users/" + desk.person.str());
  CHECK(made.text("applicationId") == desk.server.web.str());
  CHECK(made.text("creatorId") == desk.server.john.str());
  CHECK(made.text("clientState") == "the secret of the receiver");
  const std::string one = "/subscriptions/" + made.text("id");
  CHECK(made.header("Location").ends_with(one));
  CHECK(desk.get(desk.bearer, one).body.at("clientState").is_null());
  CHECK(desk.get(desk.bearer, "/subscriptions").values("id") == made.text("id"));
  CHECK(desk.row().sealed_client_state.find("secret") == std::string::npos);
}

TEST_CASE("a receiver that does not answer as it must gets no subscription") {
  Desk desk;
  const std::vector<TestReceivers::Answer> answers{
      [](const ReceiverCall& call) -> Result<ReceiverAnswer> {
        return ReceiverAnswer{200, "application/json", TestReceivers::token_in(call)};
      },
      [](const ReceiverCall& call) -> Result<ReceiverAnswer> {
        const std::size_t at = call.url.find("validationToken=");
        return ReceiverAnswer{200, "text/plain", call.url.substr(at + 16)};
      },
      [](const ReceiverCall& call) -> Result<ReceiverAnswer> {
        return ReceiverAnswer{202, "text/plain", TestReceivers::token_in(call)};
      },
      [](const ReceiverCall&) -> Result<ReceiverAnswer> {
        return Error::transient(ErrorCode::timeout, "too slow");
      }};
  for (const auto& answer : answers) {
    desk.rig.receivers.answer_with(answer);
    CHECK(desk.subscribe(desk.wish()).status == 400);
  }
  CHECK(desk.server.all<Subscription>().empty());
}

TEST_CASE("what a subscription cannot be is refused before anybody is called") {
  Desk desk;
  const auto refused = [&](const std::string& name, const boost::json::value& value,
                           int status = 400) {
    auto body = desk.wish();
    body[name] = value;
    CAPTURE(name);
    CAPTURE(boost::json::serialize(value));
    CHECK(desk.subscribe(body).status == status);
  };
  refused("notificationUrl", "http://watch.contoso.com/in");
  refused("notificationUrl", "https://user:password@watch.contoso.com/in");
  refused("notificationUrl", "https://watch.contoso.com/#part");
  refused("notificationUrl", "https:///in");
  refused("notificationUrl",
          boost::json::string("https://watch.contoso.com/" + std::string(2048, 'x')));
  refused("lifecycleNotificationUrl", "ftp://watch.contoso.com/");
  refused("changeType", "renamed");
  refused("resource", "me/messages");
  refused("resource", "users/x/members");
  refused("expirationDateTime", boost::json::string(desk.in(limits::kSubscriptionTimeMax + 1s)));
  refused("expirationDateTime", boost::json::string(desk.in(-1s)));
  refused("expirationDateTime", "tomorrow");
  refused("clientState", boost::json::string(129, 'x'));
  refused("includeResourceData", true);
  refused("encryptionCertificate", "abc");
  refused("latestSupportedTlsVersion", "v1_0");
  refused("surprise", 1);
  for (const char* const name :
       {"changeType", "notificationUrl", "resource", "expirationDateTime"}) {
    auto body = desk.wish();
    body.erase(name);
    CHECK(desk.subscribe(body).status == 400);
  }
  CHECK(desk.rig.receivers.take().empty());
  desk.server.context->receivers = nullptr;
  CHECK(desk.subscribe(desk.wish()).status == 503);
}

TEST_CASE("a subscription needs the permission to read what it is to") {
  Desk desk;
  desk.permit({"Group.Read.All"});
  desk.bearer = desk.token_of(desk.server.john);
  CHECK(desk.subscribe(desk.wish("users")).status == 403);
  CHECK(desk.subscribe(desk.wish("groups")).status == 201);
  desk.permit({"User.ReadBasic.All"});
  desk.bearer = desk.token_of(desk.server.john);
  CHECK(desk.subscribe(desk.wish("users")).status == 403);
}

TEST_CASE("one application has no more than a hundred") {
  Desk desk;
  desk.subscribe_to("users");
  Subscription row = desk.row();
  for (std::size_t i = 1; i < limits::kSubscriptionsOfAppMax; ++i) {
    row.id = new_guid();
    desk.server.put(row);
  }
  CHECK(desk.subscribe(desk.wish()).status == 403);
  CHECK(desk.rig.receivers.take().empty());
}

TEST_CASE("nobody sees, renews or ends a subscription of another person or application") {
  Desk desk;
  const std::string one = "/subscriptions/" + desk.subscribe_to("users").text("id");
  const UserId other = desk.add_person("other@contoso.com");
  const std::string theirs = desk.token_of(other);
  const std::string apps = desk.app_token();
  const std::string later = R"({"expirationDateTime":")" + desk.in(2h) + R"("})";
  for (const std::string& bearer : {theirs, apps}) {
    CHECK(desk.get(bearer, "/subscriptions").value().empty());
    CHECK(desk.get(bearer, one).status == 404);
    CHECK(desk.patch(bearer, one, later).status == 404);
    CHECK(desk.post(bearer, one + "/reauthorize").status == 404);
    CHECK(desk.remove(bearer, one).status == 404);
  }
  CHECK(desk.patch(desk.bearer, one, later).text("expirationDateTime").size() > 0);
  CHECK(desk.patch(desk.bearer, one, R"({"notificationUrl":"https://x.contoso.com"})").status ==
        400);
  CHECK(desk.post(desk.bearer, one + "/reauthorize").status == 204);
  CHECK(desk.remove(desk.bearer, one).status == 204);
  CHECK(desk.get(desk.bearer, one).status == 404);
}

TEST_CASE("a receiver is told of each change once it has happened, with its own state") {
  Desk desk;
  const std::string id = desk.subscribe_to("users").text("id");
  CHECK(desk.told() == "");
  desk.rename("Renamed");
  desk.rig.round();
  const auto told = desk.rig.receivers.told();
  REQUIRE(told.size() == 1);
  CHECK(text_in(told[0], "subscriptionId") == id);
  CHECK(text_in(told[0], "clientState") == "the secret of the receiver");
  CHECK(text_in(told[0], "tenantId") == desk.server.tenant.str());
  CHECK(text_in(told[0], "changeType") == "updated");
  const auto& data = told[0].at("resourceData").as_object();
  CHECK(text_in(data, "@odata.type") == "#Microsoft.Graph.User");
  CHECK(text_in(data, "id") == desk.person.str());
  CHECK(desk.told() == "");

  const UserId fresh = desk.add_person("fresh@contoso.com");
  CHECK(desk.remove(desk.bearer, "/users/" + fresh.str()).status == 204);
  const std::string all = desk.told();
  CHECK(all.starts_with("created Users/" + fresh.str()));
  CHECK(all.ends_with("deleted Users/" + fresh.str()));
}

TEST_CASE("a subscription is told of its own resource and its own kinds of changes alone") {
  Desk desk;
  desk.subscribe_to("groups/" + desk.server.staff.str() + "/members");
  auto created = desk.wish("users");
  created["changeType"] = "created";
  REQUIRE(desk.subscribe(created).status == 201);
  static_cast<void>(desk.rig.receivers.take());
  desk.rename("Renamed");
  desk.server.change<Group>(desk.server.staff, [](Group& group) { group.display_name = "New"; });
  CHECK(desk.told() == "");
  desk.server.put(GroupMember{desk.server.tenant, desk.server.staff, desk.person, {}});
  CHECK(desk.told() == "updated Groups/" + desk.server.staff.str());
  const UserId fresh = desk.add_person("fresh@contoso.com");
  CHECK(desk.told() == "created Users/" + fresh.str());
}

TEST_CASE("what a receiver did not take is repeated, and survives a restart") {
  Desk desk;
  desk.subscribe_to("users");
  desk.rig.receivers.answer_with([](const ReceiverCall&) { return TestReceivers::status(500); });
  desk.rename("Renamed");
  CHECK(desk.told() == desk.updated());
  CHECK(desk.told() == "");  // not again at once
  desk.server.clock.advance(kNotifyBackoffFirst);
  CHECK(desk.told() == desk.updated());
  desk.rig.restart();
  desk.rig.receivers.answer_with(nullptr);
  CHECK(desk.told() == desk.updated());
  desk.rig.restart();
  CHECK(desk.told() == "");
}

TEST_CASE("a receiver that is gone holds up nobody else, and waits among the slow ones") {
  Desk desk;
  desk.subscribe_to("users");
  auto other = desk.wish("users");
  other["notificationUrl"] = "https://other.contoso.com/in";
  REQUIRE(desk.subscribe(other).status == 201);
  static_cast<void>(desk.rig.receivers.take());
  desk.rig.receivers.answer_with([](const ReceiverCall& call) {
    return call.url == kUrl ? Result<ReceiverAnswer>{Error::transient(ErrorCode::timeout, "gone")}
                            : TestReceivers::status(202);
  });
  desk.rename("One");
  desk.rig.round();
  for (const ReceiverCall& call : desk.rig.receivers.take()) {
    CHECK(call.lane == CallLane::prompt);
    CHECK(call.deadline == Duration{limits::kNotifyTimeMax});
  }
  desk.server.clock.advance(kNotifyBackoffFirst);
  desk.rename("Two");
  desk.rig.round();
  const auto calls = desk.rig.receivers.take();
  REQUIRE(calls.size() == 2);
  for (const ReceiverCall& call : calls) {
    CHECK((call.lane == CallLane::troubled) == (call.url == kUrl));
  }
}

TEST_CASE("a receiver that answers more than is read has failed, and waits as any that fails") {
  Desk desk;
  desk.subscribe_to("users");
  desk.rig.receivers.answer_with([](const ReceiverCall&) -> Result<ReceiverAnswer> {
    return Error::permanent(ErrorCode::exhausted, "the answer is longer than allowed");
  });
  desk.rename("One");
  CHECK(desk.told() == desk.updated());
  CHECK(desk.told() == "");  // not again at once
  desk.server.clock.advance(kNotifyBackoffFirst);
  desk.rig.round();
  const auto calls = desk.rig.receivers.take();
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].lane == CallLane::troubled);
}

TEST_CASE("after four hours what was missed is dropped, and said to be missed") {
  Desk desk;
  auto body = desk.wish();
  body["lifecycleNotificationUrl"] = kLifecycleUrl;
  body["expirationDateTime"] = desk.in(24h * 20);
  REQUIRE(desk.subscribe(body).status == 201);
  static_cast<void>(desk.rig.receivers.take());
  desk.rig.receivers.answer_with([](const ReceiverCall&) { return TestReceivers::status(503); });
  desk.rename("Renamed");
  CHECK(desk.told() == desk.updated());
  desk.server.clock.advance(limits::kNotifyRetryTimeMax);
  CHECK(desk.told() == desk.updated());
  desk.rig.receivers.answer_with(nullptr);
  desk.server.clock.advance(kNotifyBackoffMax);
  CHECK(desk.told() == "missed");
  CHECK(desk.told() == "");
}

TEST_CASE("the lifecycle receiver is reminded once before the end, and then it is over") {
  Desk desk;
  auto body = desk.wish();
  body["lifecycleNotificationUrl"] = kLifecycleUrl;
  REQUIRE(desk.subscribe(body).status == 201);
  static_cast<void>(desk.rig.receivers.take());
  CHECK(desk.told() == "");
  desk.server.clock.advance(46min);
  CHECK(desk.told() == "reauthorizationRequired");
  CHECK(desk.told() == "");
  desk.server.clock.advance(15min);
  desk.rename("Renamed");
  CHECK(desk.told() == "");
  CHECK(desk.server.all<Subscription>().empty());
}

TEST_CASE(
    "whoever made it has lost access: nothing is sent any more, and giving back sends nothing") {
  Desk desk;
  desk.bearer = desk.token_of(desk.person);
  desk.subscribe_to("groups");
  int touches = 0;
  const auto touch = [&] {
    desk.server.change<Group>(
        desk.server.staff, [&](Group& group) { group.display_name = std::to_string(++touches); });
  };
  touch();
  CHECK(desk.told() == "updated Groups/" + desk.server.staff.str());
  Removal removal;
  removal.kind = RemovalKind::disable_user;
  removal.user_id = desk.person;
  desk.server.take_away(removal);
  touch();
  CHECK(desk.told() == "");
  desk.server.give_back(RestoralKind::enable_user, desk.person.str());
  touch();
  CHECK(desk.told() == "");
  // A new token of the same person for the same application makes it good again.
  const std::string id = desk.row().id;
  CHECK(desk.post(desk.bearer, "/subscriptions/" + id + "/reauthorize").status == 401);
  desk.bearer = desk.token_of(desk.person);
  CHECK(desk.post(desk.bearer, "/subscriptions/" + id + "/reauthorize").status == 204);
  CHECK(desk.told().starts_with("updated Groups/"));
}

TEST_CASE("a permission that is taken away ends what was made with it, at the last moment too") {
  Desk desk;
  desk.bearer = desk.app_token();
  desk.subscribe_to("users");
  desk.rename("One");
  CHECK(desk.told() == desk.updated());
  Removal removal;
  removal.kind = RemovalKind::tighten_app;
  removal.app_id = desk.server.web;
  // Between the beginning of the call and the sending of it.
  desk.rig.receivers.answer_with([&](const ReceiverCall& call) -> Result<ReceiverAnswer> {
    desk.server.take_away(removal);
    CHECK_FALSE(call.still_allowed().ok());
    return Error::transient(ErrorCode::timeout, "never sent");
  });
  desk.rename("Two");
  desk.rig.round();
  desk.rig.receivers.answer_with(nullptr);
  static_cast<void>(desk.rig.receivers.take());
  desk.server.clock.advance(kNotifyBackoffMax);
  CHECK(desk.told() == "");
}

TEST_CASE("who is gone for good leaves no subscription behind") {
  Desk desk;
  const UserId maker = desk.add_person("maker@contoso.com");
  const std::string theirs = desk.token_of(maker);
  REQUIRE(desk.post(theirs, "/subscriptions", boost::json::serialize(desk.wish())).status == 201);
  REQUIRE(desk.remove(desk.bearer, "/users/" + maker.str()).status == 204);
  REQUIRE(desk.remove(desk.bearer, "/directory/deletedItems/" + maker.str()).status == 204);
  CHECK(desk.server.all<Subscription>().empty());
}

TEST_CASE("while the journal is known to be rolled back nobody is told anything") {
  Desk desk;
  desk.subscribe_to("users");
  desk.rename("Renamed");
  desk.server.live->rollback().suspect({Position{1, 999}, "test"});
  CHECK(desk.told() == "");
}

}  // namespace
}  // namespace curfew
