#include "api/sign_in_log.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "store/schema_signins.hpp"

namespace curfew {
namespace {

SignIn line(int number) {
  SignIn one;
  one.tenant_id = TenantId{"tenant"};
  one.id = std::to_string(number);
  one.user_principal_name = "johndoe@contoso.com";
  one.created_at = from_unix_millis(number);
  return one;
}

std::size_t stored(Store& store) {
  Query query;
  query.prefix = keys_of(TenantId{"tenant"});
  const auto rows = read_value<std::vector<SignIn>>(
      store, [&](ReadTx& tx) { return scan_as<SignIn>(tx, query); });
  return rows.value().size();
}

// A store whose writer works only when told, and whose disk can be full.
class SlowStore final : public Store {
 public:
  Status read(const ReadBody& body) override { return inner_->read(body); }
  void write(Urgency urgency, WriteBody body, WriteDone done) override {
    ++bodies;
    queued_.push_back([this, urgency, body = std::move(body), done = std::move(done)] {
      if (full) {
        done(Error::transient(ErrorCode::unavailable, "the disk is full"));
      } else {
        inner_->write(urgency, body, done);
      }
    });
  }
  void set_group_hook(std::function<Status()> /*hook*/) override {}
  void work() {
    for (auto& one : std::exchange(queued_, {})) one();
  }
  int bodies = 0;
  bool full = false;

 private:
  std::unique_ptr<Store> inner_ = make_memory_store();
  std::vector<std::function<void()>> queued_;
};

TEST_CASE("a line of the sign-in log is stored without anybody waiting for it") {
  const auto store = make_memory_store();
  SignInLog log{*store};
  log.add(line(1));
  CHECK(log.flush().ok());
  CHECK(stored(*store) == 1);
}

TEST_CASE("lines that come while the writer is busy go into one body") {
  SlowStore store;
  SignInLog log{store};
  for (int i = 0; i < 100; ++i) log.add(line(i));
  CHECK(store.bodies == 1);
  store.work();
  CHECK(store.bodies == 2);
  store.work();
  CHECK(store.bodies == 2);
  CHECK(stored(store) == 100);
}

TEST_CASE("lines that the store refused are kept and written at the next occasion") {
  SlowStore store;
  SignInLog log{store};
  store.full = true;
  log.add(line(1));
  store.work();
  CHECK(stored(store) == 0);
  store.full = false;
  log.add(line(2));
  store.work();
  CHECK(stored(store) == 2);
}

TEST_CASE("a full buffer drops the newest lines and counts them") {
  SlowStore store;
  SignInLog log{store};
  log.add(line(0));
  for (std::size_t i = 1; i <= kSignInsBufferedMax + 3; ++i) log.add(line(static_cast<int>(i)));
  CHECK(log.dropped() == 3);
}

}  // namespace
}  // namespace curfew
