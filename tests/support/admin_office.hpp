// tests/support/admin_office.hpp: a server with an administrator at work, and a store in which
// something can get in front of what they asked for.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/role.hpp"
#include "tests/support/server_fixture.hpp"

namespace curfew::test {

// A store in which something else gets in front of the next write.
class OvertakenStore final : public Store {
 public:
  explicit OvertakenStore(std::unique_ptr<Store> inner) : inner_(std::move(inner)) {}
  Status read(const ReadBody& body) override { return inner_->read(body); }
  void write(Urgency urgency, WriteBody body, WriteDone done) override {
    if (overtake && writes_let_through-- == 0) std::exchange(overtake, nullptr)();
    ++writes;
    if (urgency == Urgency::emergency) ++emergencies;
    inner_->write(urgency, std::move(body), std::move(done));
  }
  void set_group_hook(std::function<Status()> hook) override {
    inner_->set_group_hook(std::move(hook));
  }
  std::function<void()> overtake;  // once, in front of the write after so many
  std::size_t writes_let_through = 0;
  std::atomic<int> emergencies{0};
  std::atomic<std::size_t> writes{0};  // the run engine writes on a thread of its own

 private:
  std::unique_ptr<Store> inner_;
};

struct Office {
  OvertakenStore* store = nullptr;
  ServerFixture server;

  Office() : server(options()) {}
  // A run may be under way, and its parts go before the threads do.
  ~Office() { server.runtime->stop_and_wait(); }
  Office(const Office&) = delete;
  Office& operator=(const Office&) = delete;
  FixtureOptions options() {
    FixtureOptions made;
    auto overtaken = std::make_unique<OvertakenStore>(std::move(made.store));
    store = overtaken.get();
    made.store = std::move(overtaken);
    return made;
  }

  static RoleId role_id(Role role) { return RoleId{std::string{definition_of(role).template_id}}; }
  void give_role(const std::string& principal, Role role) {
    server.put(RoleAssignment{server.tenant, principal, role_id(role), server.clock.now()});
  }
  UserId add_user(const std::string& name) {
    User user;
    user.tenant_id = server.tenant;
    user.id = UserId{new_guid()};
    user.user_principal_name = name;
    user.password_id = new_guid();
    server.put(user);
    return user.id;
  }
  // John with this role, at the administrator's API.
  std::string token_of_john(Role role) {
    give_role(server.john.str(), role);
    ServerFixture::CodeOptions wanted;
    wanted.resource = std::string{kAdminApiResource};
    wanted.scopes = {"offline_access", "api://curfew/manage"};
    return server.redeem(server.add_code(server.add_session(server.john).row, wanted)).access();
  }
  HttpResponse call(const std::string& bearer, HttpMethod method, const std::string& path,
                    const std::string& body = "") {
    HttpRequest request =
        server.get("/curfew/v1" + path, Fields{{"Authorization", "Bearer " + bearer}});
    request.method = method;
    request.body = body;
    return server.send(std::move(request));
  }
  // Every row of every table but those of the audit, which records refusals too.
  std::vector<std::vector<Row>> rows() {
    std::vector<std::vector<Row>> found;
    const Status read = server.store->read([&](ReadTx& tx) -> Status {
      for (const TableSpec* const table : all_tables()) {
        if (table->name.starts_with("audit")) continue;
        Query query;
        query.table = table;
        CURFEW_TRY(auto rows_of_it, tx.scan(query));
        found.push_back(std::move(rows_of_it));
      }
      return Done{};
    });
    REQUIRE(read.ok());
    return found;
  }
};

}  // namespace curfew::test
