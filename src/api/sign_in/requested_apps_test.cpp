#include "api/sign_in/requested_apps.hpp"

#include <doctest/doctest.h>

#include "store/schema.hpp"

namespace curfew {
namespace {

const TenantId kTenant{"t"};
const std::string kName = "https://files.contoso.test";

App resource_of(const std::string& id, const std::string& name) {
  App app;
  app.tenant_id = kTenant;
  app.id = AppId{id};
  app.identifier_uris = {name};
  return app;
}

// A real store that counts in how many queries anything was read.
class CountingTx final : public ReadTx {
 public:
  explicit CountingTx(ReadTx& inner) : inner_(inner) {}
  int scans = 0;

  Result<std::optional<Row>> find(const TableSpec& table, const std::vector<Value>& key) override {
    return inner_.find(table, key);
  }
  Result<std::vector<Row>> scan(const Query& query) override {
    ++scans;
    return inner_.scan(query);
  }
  Result<std::uint64_t> count(const Query& query) override { return inner_.count(query); }

 private:
  ReadTx& inner_;
};

struct Site {
  Site() {
    request.resource = resource_of("files", kName);
    save_all({*request.resource});
  }
  void save_all(const std::vector<App>& apps) {
    const auto body = [&](WriteTx& tx) -> Status {
      for (const App& app : apps) {
        CURFEW_TRY_STATUS(save(tx, app));
      }
      return Done{};
    };
    REQUIRE(store->write_and_wait(Urgency::normal, body).ok());
  }
  // The id of whoever is found, and in how many queries of all applications.
  std::pair<std::string, int> found(const std::string& name) {
    return read_value<std::pair<std::string, int>>(
               *store,
               [&](ReadTx& inner) -> Result<std::pair<std::string, int>> {
                 CountingTx tx{inner};
                 CURFEW_TRY(const auto app, (RequestedApps{tx, request}.resource(kTenant, name)));
                 return std::pair{app ? app->id.str() : std::string{}, tx.scans};
               })
        .value();
  }

  std::unique_ptr<Store> store = make_memory_store();
  CheckedRequest request;
};

TEST_CASE("the resource of a request is read by its id, not looked for") {
  Site site;
  CHECK(site.found(kName) == std::pair{std::string{"files"}, 0});
}

TEST_CASE("a name that another resource has by now is the other one's") {
  Site site;
  site.save_all({resource_of("files", "https://old.contoso.test"), resource_of("heir", kName)});
  CHECK(site.found(kName).first == "heir");
}

TEST_CASE("a resource that has no such name any more is none") {
  Site site;
  site.save_all({resource_of("files", "https://old.contoso.test")});
  CHECK(site.found(kName).first.empty());
}

}  // namespace
}  // namespace curfew
