#include "store/audit.hpp"

#include <doctest/doctest.h>

#include <memory>

#include "store/schema_runs.hpp"

using namespace curfew;

namespace {

struct AuditWorld {
  TenantId tenant{"t"};
  std::unique_ptr<Store> store = make_memory_store();
  AuditLog audit{tenant, SealKey::from(Secret{std::string(kSealKeyBytes, 'k')}).value()};
  TimePoint now{std::chrono::hours{400'000}};

  void append(const std::string& actor, const std::string& subject,
              AuditOutcome outcome = AuditOutcome::success) {
    AuditEvent event;
    event.action = "user.disable";
    event.outcome = outcome;
    event.rule = outcome == AuditOutcome::refused ? "guard.self" : "";
    event.actor_id = actor;
    event.actor_name = actor + "@contoso.com";
    event.actor_address = "192.0.2.1";
    event.subject_id = subject;
    event.subject_name = subject + "@contoso.com";
    event.detail = "left the company: 3:yes";
    write([&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(audit.append(tx, event, now));
      return Done{};
    });
  }
  void write(const std::function<Status(WriteTx&)>& body) {
    REQUIRE(store->write_and_wait(Urgency::normal, body).ok());
  }
  Result<std::vector<AuditRecord>> records(const AuditQuery& query = {}) {
    return read_value<std::vector<AuditRecord>>(*store,
                                                [&](ReadTx& tx) { return audit.read(tx, query); });
  }
  Result<AuditHead> verify() {
    return read_value<AuditHead>(*store,
                                 [&](ReadTx& tx) { return verify_audit_chain(tx, tenant); });
  }
  template <typename T, typename Change, typename... Keys>
  void tamper(Change&& change, const Keys&... keys) {
    write([&](WriteTx& tx) -> Status {
      CURFEW_TRY(T row, require<T>(tx, "row", tenant, keys...));
      change(row);
      return save(tx, row);
    });
  }
};

}  // namespace

TEST_CASE("what one person did and what was done to them is read by itself, the newest first") {
  AuditWorld world;
  world.append("a", "x");
  const TimePoint since = world.now += std::chrono::hours{1};
  world.append("b", "y");
  world.append("a", "a");  // about its own actor: once
  world.append("b", "a");
  const auto about_a = [&](std::size_t limit) {
    const auto records = read_value<std::vector<AuditRecord>>(
        *world.store, [&](ReadTx& tx) { return world.audit.read_about(tx, "a", since, limit); });
    REQUIRE(records.ok());
    std::vector<std::uint64_t> sequences;
    for (const AuditRecord& record : *records) sequences.push_back(record.entry.sequence);
    return sequences;
  };
  CHECK(about_a(10) == std::vector<std::uint64_t>{4, 3});
  CHECK(about_a(1) == std::vector<std::uint64_t>{4});
}

TEST_CASE("an entry is read back as it was recorded, the newest first") {
  AuditWorld world;
  world.append("a", "x");
  world.append("b", "y", AuditOutcome::refused);
  const auto records = world.records();
  REQUIRE(records.ok());
  REQUIRE(records.value().size() == 2);
  const AuditRecord& newest = records.value().front();
  CHECK(newest.entry.sequence == 2);
  CHECK(newest.entry.outcome == AuditOutcome::refused);
  CHECK(newest.entry.rule == "guard.self");
  CHECK(newest.actor_name == "b@contoso.com");
  CHECK(newest.actor_address == "192.0.2.1");
  CHECK(newest.subject_id == "y");
  CHECK(newest.detail == "left the company: 3:yes");
  CHECK(world.records({2, 10}).value().front().actor_id == "a");
  CHECK(world.verify().value().sequence == 2);
}

TEST_CASE("the chained row holds nothing about a person, and no two commitments are alike") {
  AuditWorld world;
  world.append("anna", "otto");
  world.append("anna", "otto");
  world.write([&](WriteTx& tx) -> Status {
    for (const TableSpec* table :
         {&table_of<AuditEntry>(), &table_of<AuditPersonal>(), &table_of<AuditPersonKey>()}) {
      Query query;
      query.table = table;
      CURFEW_TRY(const auto rows, tx.scan(query));
      for (const Row& row : rows) {
        for (const Value& value : row) {
          const auto* text = std::get_if<std::string>(&value);
          if (text == nullptr) continue;
          CHECK(text->find("contoso") == std::string::npos);
          CHECK(text->find("192.0.2.1") == std::string::npos);
        }
      }
    }
    return Done{};
  });
  const auto records = world.records().value();
  CHECK(records[0].entry.actor_commitment != records[1].entry.actor_commitment);
}

TEST_CASE("a person can be erased: others stay, and the chain still verifies") {
  AuditWorld world;
  world.append("anna", "otto");
  world.append("otto", "eva");
  const AuditHead before = world.verify().value();
  bool erased = false;
  world.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY(erased, world.audit.erase_person(tx, "otto"));
    return Done{};
  });
  CHECK(erased);
  const auto records = world.records().value();
  CHECK(records[0].actor_erased);
  CHECK(records[0].actor_name.empty());
  CHECK(records[0].subject_name == "eva@contoso.com");
  CHECK(records[1].subject_erased);
  CHECK(records[1].actor_name == "anna@contoso.com");
  CHECK(world.verify().value().chain_hash == before.chain_hash);
  // Whoever comes again under the same id gets a new key.
  world.append("otto", "anna");
  CHECK(world.records().value().front().actor_name == "otto@contoso.com");
}

TEST_CASE("a changed, removed or exchanged entry breaks the chain") {
  const auto broken = [](const std::function<void(AuditWorld&)>& change) {
    AuditWorld world;
    for (int made = 0; made < 3; ++made) world.append("a", "x");
    change(world);
    const auto verified = world.verify();
    return !verified.ok() && verified.error().code() == ErrorCode::corrupted;
  };
  CHECK(broken([](AuditWorld& world) {
    world.tamper<AuditEntry>([](AuditEntry& row) { row.outcome = AuditOutcome::failed; },
                             std::uint64_t{2});
  }));
  CHECK(broken([](AuditWorld& world) {
    world.tamper<AuditEntry>([](AuditEntry& row) { row.action = "user.enable"; }, std::uint64_t{3});
  }));
  CHECK(broken([](AuditWorld& world) {
    world.tamper<AuditEntry>([](AuditEntry& row) { row.subject_commitment = "x"; },
                             std::uint64_t{1});
  }));
  CHECK(broken([](AuditWorld& world) {
    world.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(remove<AuditEntry>(tx, world.tenant, std::uint64_t{2}));
      return Done{};
    });
  }));
}

TEST_CASE("a personal part that was changed or moved is not believed") {
  const auto unreadable = [](const std::function<void(AuditPersonal&)>& change) {
    AuditWorld world;
    world.append("a", "x");
    world.append("a", "y");
    world.tamper<AuditPersonal>(change, std::uint64_t{2}, AuditPart::subject);
    const auto records = world.records();
    return !records.ok() && records.error().code() == ErrorCode::corrupted;
  };
  CHECK(unreadable([](AuditPersonal& part) { part.sealed[10] ^= 1; }));
  CHECK(unreadable([](AuditPersonal& part) { part.sealed = "AAAA"; }));
  CHECK(unreadable([](AuditPersonal& part) { part.person_id = "x"; }));
}

TEST_CASE("another master key opens nothing") {
  AuditWorld world;
  world.append("a", "x");
  const AuditLog other{world.tenant,
                       SealKey::from(Secret{std::string(kSealKeyBytes, 'z')}).value()};
  const auto records = read_value<std::vector<AuditRecord>>(
      *world.store, [&](ReadTx& tx) { return other.read(tx, {}); });
  CHECK_FALSE(records.ok());
}
