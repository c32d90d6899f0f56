// store/table_watch.hpp: whether there is anything new for whoever looks at tables in rounds.
//
// New is what was committed since the last look, and, as some things are due by the clock alone,
// every look after a while; by the time since boot, so that a wall clock that is set back makes
// nobody wait. One thread at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.hpp"
#include "store/spec.hpp"
#include "store/store.hpp"

namespace curfew {

class TableWatch {
 public:
  // Store and clock outlive it. The first look finds something new.
  TableWatch(const Store& store, const Clock& clock, std::vector<const TableSpec*> tables,
             Duration at_least_every);

  // False: this is a look, and the rows are read after it, so that what is committed in the middle
  // of it is new in the next one.
  [[nodiscard]] bool has_nothing_new();
  // The next look finds something new, or the first one from `at` on.
  void look_again() { look_again_at_ = {}; }
  void look_again_at(TimePoint at);

 private:
  const Store& store_;
  const Clock& clock_;
  std::vector<const TableSpec*> tables_;
  Duration at_least_every_;
  std::vector<std::uint64_t> seen_;
  Duration look_again_at_{};  // since boot
};

}  // namespace curfew
