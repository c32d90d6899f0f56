#include "store/table_versions.hpp"

#include <algorithm>

namespace curfew {

void ChangedTables::add(const TableSpec& table) {
  if (!has(table)) tables_.push_back(&table);
}

bool ChangedTables::has(const TableSpec& table) const {
  return std::any_of(tables_.begin(), tables_.end(),
                     [&](const TableSpec* one) { return one->name == table.name; });
}

std::uint64_t TableVersions::of(const TableSpec& table) const {
  const std::shared_lock lock{mutex_};
  const auto known = versions_.find(table.name);
  return known == versions_.end() ? 0 : known->second;
}

void TableVersions::raise(const ChangedTables& changed) {
  if (changed.all().empty()) return;
  const std::unique_lock lock{mutex_};
  for (const TableSpec* const table : changed.all()) ++versions_[table->name];
}

}  // namespace curfew
