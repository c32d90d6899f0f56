// store/table_versions.hpp: how often each table was changed; for Store::version().
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <vector>

#include "store/spec.hpp"

namespace curfew {

// The tables that one transaction or one group changed, each once. One thread at a time.
class ChangedTables {
 public:
  void add(const TableSpec& table);
  void clear() { tables_.clear(); }
  [[nodiscard]] bool has(const TableSpec& table) const;
  [[nodiscard]] const std::vector<const TableSpec*>& all() const { return tables_; }

 private:
  std::vector<const TableSpec*> tables_;
};

class TableVersions {
 public:
  [[nodiscard]] std::uint64_t of(const TableSpec& table) const;
  void raise(const ChangedTables& changed);

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string_view, std::uint64_t> versions_;  // names are literals of ours
};

}  // namespace curfew
