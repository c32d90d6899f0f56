// tests/fuzz/watching_store.hpp: a real store that tells which tables were changed by what was
// committed.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace curfew::test {

class WatchingStore final : public Store {
 public:
  explicit WatchingStore(std::unique_ptr<Store> inner) : inner_(std::move(inner)) {}

  // The tables changed since the last call.
  std::set<std::string> take_changed() {
    const std::lock_guard lock{mutex_};
    return std::exchange(changed_, {});
  }
  void remember(const std::set<std::string>& tables) {
    const std::lock_guard lock{mutex_};
    changed_.insert(tables.begin(), tables.end());
  }
  void forget() { static_cast<void>(take_changed()); }

  Status read(const ReadBody& body) override { return inner_->read(body); }
  void write(Urgency urgency, WriteBody body, WriteDone done) override {
    auto tables = std::make_shared<std::set<std::string>>();
    inner_->write(
        urgency,
        [tables, body = std::move(body)](WriteTx& tx) -> Status {
          Recorder recorder{tx, *tables};
          return body(recorder);
        },
        [this, tables, done = std::move(done)](Status status) {
          if (status.ok()) remember(*tables);
          done(std::move(status));
        });
  }
  void set_group_hook(std::function<Status()> hook) override {
    inner_->set_group_hook(std::move(hook));
  }

 private:
  class Recorder final : public WriteTx {
   public:
    Recorder(WriteTx& inner, std::set<std::string>& tables) : inner_(inner), tables_(tables) {}

    Result<std::optional<Row>> find(const TableSpec& table,
                                    const std::vector<Value>& key) override {
      return inner_.find(table, key);
    }
    Result<std::vector<Row>> scan(const Query& query) override { return inner_.scan(query); }
    Result<std::uint64_t> count(const Query& query) override { return inner_.count(query); }
    Status insert(const TableSpec& table, const Row& row) override {
      tables_.emplace(table.name);
      return inner_.insert(table, row);
    }
    Status put(const TableSpec& table, const Row& row) override {
      tables_.emplace(table.name);
      return inner_.put(table, row);
    }
    Result<bool> erase(const TableSpec& table, const std::vector<Value>& key) override {
      Result<bool> erased = inner_.erase(table, key);
      if (erased.ok() && *erased) tables_.emplace(table.name);
      return erased;
    }
    void on_commit(std::function<void()> action) override { inner_.on_commit(std::move(action)); }

   private:
    WriteTx& inner_;
    std::set<std::string>& tables_;
  };

  std::unique_ptr<Store> inner_;
  std::mutex mutex_;
  std::set<std::string> changed_;
};

}  // namespace curfew::test
