#include "store/change_log.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "base/text.hpp"
#include "store/journal.hpp"
#include "store/schema.hpp"
#include "store/schema_changes.hpp"

namespace curfew {
namespace {

const TenantId kTenant{"t"};
const TimePoint kNow = from_unix_seconds(1'800'000'000);

struct Log {
  std::unique_ptr<Store> store = make_memory_store();

  void write(const std::function<Status(WriteTx&)>& body) {
    const Status done = store->write_and_wait(Urgency::normal, body);
    REQUIRE_MESSAGE(done.ok(), (done.ok() ? "" : done.error().message()));
  }
  std::vector<DirectoryChange> after(std::int64_t place) {
    return read_value<std::vector<DirectoryChange>>(
               *store, [&](ReadTx& tx) { return changes_after(tx, kTenant, place, 1000); })
        .value();
  }
  // "1 user u created", a line for each row.
  std::string text(std::int64_t place = 0) {
    std::vector<std::string> lines;
    for (const DirectoryChange& row : after(place)) {
      std::string line = std::to_string(row.sequence) + " " + row.object_kind + " " +
                         row.object_id + " " + std::string{to_string(row.change)};
      if (!row.link.empty()) line += " " + row.link + ":" + row.link_id;
      if (!row.changed.empty()) line += " " + join(row.changed, ",");
      lines.push_back(line);
    }
    return join(lines, "\n");
  }
  bool can_go_on(std::int64_t place) {
    return read_value<bool>(*store, [&](ReadTx& tx) { return can_go_on_from(tx, kTenant, place); })
        .value();
  }
  std::size_t prune(TimePoint now) {
    std::size_t dropped = 0;
    write([&](WriteTx& tx) -> Status {
      CURFEW_TRY(dropped, prune_changes(tx, kTenant, now, 100));
      return Done{};
    });
    return dropped;
  }
};

User person(const std::string& id) {
  User user;
  user.tenant_id = kTenant;
  user.id = UserId{id};
  user.user_principal_name = id + "@contoso.com";
  return user;
}

TEST_CASE("each change of a directory row is one row of the log, and says what is different") {
  Log log;
  User user = person("u");
  log.write([&](WriteTx& tx) { return add(tx, user); });
  user.account_enabled = false;
  user.properties = R"({"jobTitle":"Chief","city":"Bonn"})";
  log.write([&](WriteTx& tx) { return save(tx, user); });
  user.properties = R"({"jobTitle":"Chief","country":"DE"})";
  log.write([&](WriteTx& tx) { return save(tx, user); });
  log.write([&](WriteTx& tx) { return save(tx, GroupMember{kTenant, GroupId{"g"}, user.id, {}}); });
  log.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(remove<GroupMember>(tx, kTenant, GroupId{"g"}, user.id));
    CURFEW_TRY_STATUS(remove<User>(tx, kTenant, user.id));
    return Done{};
  });
  CHECK(log.text() ==
        "1 user u created\n"
        "2 user u updated account_enabled,jobTitle,city\n"
        "3 user u updated city,country\n"
        "4 group g created members:u\n"
        "5 group g deleted members:u\n"
        "6 user u deleted");
  CHECK(log.text(4) == "5 group g deleted members:u\n6 user u deleted");
}

TEST_CASE("what is stored again as it was is no change, nor is what a sign-in moves") {
  Log log;
  Device device;
  device.tenant_id = kTenant;
  device.id = DeviceId{"d"};
  device.object_id = "o";
  log.write([&](WriteTx& tx) { return add(tx, device); });
  device.approximate_last_sign_in_at = kNow;
  log.write([&](WriteTx& tx) { return save(tx, device); });
  log.write([&](WriteTx& tx) { return save(tx, device); });
  log.write([&](WriteTx& tx) {
    return remove<Device>(tx, kTenant, DeviceId{"nobody"}).ok() ? Status{Done{}} : Status{Done{}};
  });
  Session session;
  session.tenant_id = kTenant;
  session.id = SessionId{"s"};
  log.write([&](WriteTx& tx) { return save(tx, session); });
  CHECK(log.text() == "1 device o created");
}

TEST_CASE("a change that is undone with its body is in no log") {
  Log log;
  const Status failed = log.store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(add(tx, person("u")));
    return Error::permanent(ErrorCode::denied, "no");
  });
  CHECK_FALSE(failed.ok());
  CHECK(log.text().empty());
}

TEST_CASE("elements of what is granted are named, and the end of a deleted person is told apart") {
  Log log;
  Consent consent{kTenant, UserId{"u"}, AppId{"a"}, {"r/One", "r/Two"}, {}};
  log.write([&](WriteTx& tx) { return save(tx, consent); });
  consent.scopes = {"r/Two", "r/Three"};
  log.write([&](WriteTx& tx) { return save(tx, consent); });
  const DeletedUser deleted{person("u"), kNow};
  log.write([&](WriteTx& tx) { return save(tx, deleted); });
  log.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(remove<DeletedUser>(tx, kTenant, UserId{"u"}));
    return Done{};
  });
  CHECK(log.text() ==
        "1 oAuth2PermissionGrant a created principalId:u scopes=r/One,scopes=r/Two\n"
        "2 oAuth2PermissionGrant a updated principalId:u scopes=r/One,scopes=r/Three\n"
        "3 user u purged");
}

TEST_CASE("ending a person's sessions is a change of the person, ending one session is none") {
  Log log;
  LiveJournal live;
  Journal journal{kTenant, live};
  for (const Key& key : {key_of(SessionId{"s"}), key_of(UserId{"u"}), key_of(AppId{"a"})}) {
    log.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY(const auto entry,
                 journal.append(tx, {key, Effect::reauth, "", std::nullopt, "test"}, kNow));
      static_cast<void>(entry);
      return Done{};
    });
  }
  CHECK(log.text() == "1 user u updated sign_in_sessions_valid_from");
}

TEST_CASE(
    "rows are dropped thirty days after they were seen, and whoever was before them is told") {
  Log log;
  const auto add_person = [&](const std::string& id) {
    log.write([&](WriteTx& tx) { return add(tx, person(id)); });
  };
  CHECK(log.can_go_on(0));
  CHECK_FALSE(log.can_go_on(1));
  add_person("a");
  add_person("b");
  CHECK(log.prune(kNow) == 0);  // notes that both were there
  add_person("c");
  add_person("d");
  CHECK(log.prune(kNow + kDirectoryChangesKept) == 0);
  const TimePoint late = kNow + kDirectoryChangesKept + std::chrono::seconds{1};
  CHECK(log.prune(late) == 2);
  CHECK(log.after(0).front().sequence == 3);
  CHECK_FALSE(log.can_go_on(1));
  CHECK(log.can_go_on(2));
  CHECK(log.can_go_on(4));
  CHECK_FALSE(log.can_go_on(5));
  // The newest stays, so that no number is given twice.
  CHECK(log.prune(late + 2 * kDirectoryChangesKept) == 1);
  add_person("e");
  CHECK(log.after(0).back().sequence == 5);
}

}  // namespace
}  // namespace curfew
