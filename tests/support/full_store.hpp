// tests/support/full_store.hpp: a store that has no room for writes while told so, as in a flood.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "store/store.hpp"

namespace curfew::test {

class FullStore final : public Store {
 public:
  explicit FullStore(std::unique_ptr<Store> inner) : inner_(std::move(inner)) {}
  Status read(const ReadBody& body) override { return inner_->read(body); }
  void write(Urgency urgency, WriteBody body, WriteDone done) override {
    if (full) return done(Error::transient(ErrorCode::exhausted, "too many writes wait"));
    inner_->write(urgency, std::move(body), std::move(done));
  }
  void set_group_hook(std::function<Status()> hook) override {
    inner_->set_group_hook(std::move(hook));
  }
  std::atomic<bool> full{false};

 private:
  std::unique_ptr<Store> inner_;
};

}  // namespace curfew::test
