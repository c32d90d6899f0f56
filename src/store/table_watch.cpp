#include "store/table_watch.hpp"

#include <algorithm>
#include <utility>

namespace curfew {

TableWatch::TableWatch(const Store& store, const Clock& clock, std::vector<const TableSpec*> tables,
                       Duration at_least_every)
    : store_(store), clock_(clock), tables_(std::move(tables)), at_least_every_(at_least_every) {}

bool TableWatch::has_nothing_new() {
  std::vector<std::uint64_t> versions;
  versions.reserve(tables_.size());
  for (const TableSpec* table : tables_) versions.push_back(store_.version(*table));
  const Duration now = clock_.since_boot();
  if (versions == seen_ && now < look_again_at_) return true;
  seen_ = std::move(versions);
  look_again_at_ = now + at_least_every_;
  return false;
}

void TableWatch::look_again_at(TimePoint at) {
  look_again_at_ = std::min(look_again_at_, clock_.since_boot() + (at - clock_.now()));
}

}  // namespace curfew
