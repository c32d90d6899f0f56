// tests/support/pausing_store.hpp: a real store with named points at which a test can hold things
// up: to make races happen where they would hurt.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "store/store.hpp"

namespace curfew::test {

enum class Point {
  before_read,    // a body, reading or writing, is about to look at the state
  before_commit,  // a writing body has decided, nothing is durable
  before_sign,    // it is durable, the one who asked goes on from here
};

class PausingStore final : public Store {
 public:
  using Pause = std::function<void(Point)>;

  // `pause` is called on whatever thread passes the point. Set before the first use.
  PausingStore(std::unique_ptr<Store> inner, Pause pause)
      : inner_(std::move(inner)), pause_(std::move(pause)) {}

  Status read(const ReadBody& body) override {
    pause_(Point::before_read);
    return inner_->read(body);
  }
  void write(Urgency urgency, WriteBody body, WriteDone done) override {
    inner_->write(
        urgency,
        [this, body = std::move(body)](WriteTx& tx) -> Status {
          pause_(Point::before_read);
          Status status = body(tx);
          pause_(Point::before_commit);
          return status;
        },
        [this, done = std::move(done)](Status status) {
          pause_(Point::before_sign);
          done(std::move(status));
        });
  }
  void set_group_hook(std::function<Status()> hook) override {
    inner_->set_group_hook(std::move(hook));
  }
  std::uint64_t version(const TableSpec& table) const override { return inner_->version(table); }

 private:
  std::unique_ptr<Store> inner_;
  Pause pause_;
};

}  // namespace curfew::test
