#include "api/known_apps.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <utility>

#include "store/schema.hpp"

namespace curfew {
namespace {

const TenantId kTenant{"t"};

// A real store that counts its readings, and at which something can happen between a reading and
// what is made of it.
class WatchedStore final : public Store {
 public:
  int readings = 0;
  std::function<void()> after_reading = [] {};

  Status read(const ReadBody& body) override {
    ++readings;
    Status status = inner_->read(body);
    std::exchange(after_reading, [] {})();
    return status;
  }
  void write(Urgency urgency, WriteBody body, WriteDone done) override {
    inner_->write(urgency, std::move(body), std::move(done));
  }
  void set_group_hook(std::function<Status()> hook) override {
    inner_->set_group_hook(std::move(hook));
  }
  std::uint64_t version(const TableSpec& table) const override { return inner_->version(table); }

 private:
  std::unique_ptr<Store> inner_ = make_memory_store();
};

App app_of(const std::string& id, bool enabled = true) {
  App app;
  app.tenant_id = kTenant;
  app.id = AppId{id};
  app.display_name = id;
  app.account_enabled = enabled;
  app.identifier_uris = {"https://" + id + ".contoso.test"};
  return app;
}

void save_app(Store& store, const App& app) {
  REQUIRE(store.write_and_wait(Urgency::normal, [&](WriteTx& tx) { return save(tx, app); }).ok());
}

struct Site {
  Site() { save_app(store, app_of("web")); }
  bool is_enabled() { return apps.client(kTenant, AppId{"web"}).value()->app.account_enabled; }

  WatchedStore store;
  KnownApps apps{store};
};

TEST_CASE("an application is read once, until something about applications has changed") {
  Site site;
  CHECK(site.is_enabled());
  CHECK(site.is_enabled());
  CHECK(site.store.readings == 1);

  save_app(site.store, app_of("web", false));
  CHECK_FALSE(site.is_enabled());
  CHECK(site.store.readings == 2);
}

TEST_CASE("a secret that was added or removed is known at once") {
  Site site;
  const AppSecret secret{kTenant, AppId{"web"}, "id", "hash", "has", std::nullopt, TimePoint{}};
  const auto count = [&] {
    return site.apps.client(kTenant, AppId{"web"}).value()->secrets.size();
  };
  CHECK(count() == 0);
  REQUIRE(site.store.write_and_wait(Urgency::normal, [&](WriteTx& tx) { return add(tx, secret); })
              .ok());
  CHECK(count() == 1);
  REQUIRE(site.store
              .write_and_wait(Urgency::normal,
                              [&](WriteTx& tx) -> Status {
                                CURFEW_TRY_STATUS(
                                    remove<AppSecret>(tx, kTenant, AppId{"web"}, secret.id));
                                return Done{};
                              })
              .ok());
  CHECK(count() == 0);
}

TEST_CASE("a reading that a change overtook is not remembered") {
  Site site;
  site.store.after_reading = [&] { save_app(site.store, app_of("web", false)); };
  CHECK(site.is_enabled());  // as it was when it was read
  CHECK_FALSE(site.is_enabled());
}

TEST_CASE("what does not exist is looked for again each time, and found once it does") {
  Site site;
  CHECK(site.apps.client(kTenant, AppId{"new"}).value() == nullptr);
  CHECK(site.apps.resource(kTenant, "https://new.contoso.test").value() == nullptr);
  save_app(site.store, app_of("new"));
  CHECK(site.apps.client(kTenant, AppId{"new"}).value() != nullptr);
  CHECK(site.apps.resource(kTenant, "https://new.contoso.test").value()->app.id == AppId{"new"});
}

TEST_CASE("names of resources that nobody has are made up without having all applications read") {
  Site site;
  const std::string web = "https://web.contoso.test";
  CHECK(site.apps.resource(kTenant, web).value()->app.id == AppId{"web"});
  CHECK(site.apps.resource(kTenant, "web").value()->app.id == AppId{"web"});
  for (int i = 0; i < 100; ++i) {
    const std::string made_up = "https://nobody.test/" + std::to_string(i);
    CHECK(site.apps.resource(kTenant, made_up).value() == nullptr);
  }
  CHECK(site.apps.resource(kTenant, "").value() == nullptr);
  CHECK(site.store.readings == 1);

  save_app(site.store, app_of("mail"));
  CHECK(site.apps.resource(kTenant, "https://mail.contoso.test").value()->app.id == AppId{"mail"});
  CHECK(site.apps.resource(kTenant, web).value()->app.id == AppId{"web"});
  CHECK(site.store.readings == 2);
}

TEST_CASE("a transaction sees what it has changed itself, and nobody does once that is undone") {
  Site site;
  CHECK(site.is_enabled());
  const auto in_tx = [&](WriteTx& tx) {
    return site.apps.client(tx, kTenant, AppId{"web"}).value()->app.account_enabled;
  };
  const Status undone = site.store.write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    CHECK(in_tx(tx));
    CURFEW_TRY_STATUS(save(tx, app_of("web", false)));
    CHECK_FALSE(in_tx(tx));
    return Error::permanent(ErrorCode::denied, "on second thoughts");
  });
  CHECK_FALSE(undone.ok());
  CHECK(site.is_enabled());
}

}  // namespace
}  // namespace curfew
