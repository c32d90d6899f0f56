// api/graph/candidates.hpp: where the rows of a list come from, in a fixed order that can be gone
// on with from any place.
//
// A source may give rows that the filter does not want; it never leaves out one that it does. Each
// call reads a bounded number of rows in the caller's transaction.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/graph/graph_page.hpp"
#include "model/directory.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace curfew {

template <typename T>
struct Candidate {
  PagePlace place;
  T object;
};

template <typename T>
struct CandidateBatch {
  std::vector<Candidate<T>> rows;
  PagePlace last;       // the last row looked at, also where it gave no object
  bool is_end = false;  // nothing comes after it
};

template <typename T>
class Candidates {
 public:
  Candidates() = default;
  Candidates(const Candidates&) = delete;
  Candidates& operator=(const Candidates&) = delete;
  virtual ~Candidates() = default;
  // The next rows after `after`, at most `limit` of them.
  [[nodiscard]] virtual Result<CandidateBatch<T>> next(ReadTx& tx,
                                                       const std::optional<PagePlace>& after,
                                                       std::size_t limit) const = 0;
};

// Every row of a table in the order of its ids.
template <typename T>
class TableCandidates final : public Candidates<T> {
 public:
  explicit TableCandidates(TenantId tenant_id) : tenant_id_(std::move(tenant_id)) {}
  Result<CandidateBatch<T>> next(ReadTx& tx, const std::optional<PagePlace>& after,
                                 std::size_t limit) const override {
    Query query;
    query.prefix = keys_of(tenant_id_);
    if (after) query.above = after->id;
    query.limit = limit;
    CURFEW_TRY(std::vector<T> rows, scan_as<T>(tx, query));
    CandidateBatch<T> batch;
    batch.is_end = rows.size() < limit;
    for (T& row : rows) {
      batch.last = {"", row.id.str()};
      batch.rows.push_back({batch.last, std::move(row)});
    }
    return batch;
  }

 private:
  TenantId tenant_id_;
};

// These very objects, in the order of the places; `load` gives nothing for one that is gone.
template <typename T>
class ListedCandidates final : public Candidates<T> {
 public:
  using Load = std::function<Result<std::optional<T>>(ReadTx&, const PagePlace& place)>;
  ListedCandidates(std::vector<PagePlace> places, Load load)
      : places_(std::move(places)), load_(std::move(load)) {
    std::ranges::sort(places_);
  }
  Result<CandidateBatch<T>> next(ReadTx& tx, const std::optional<PagePlace>& after,
                                 std::size_t limit) const override {
    CandidateBatch<T> batch;
    auto at = after ? std::ranges::upper_bound(places_, *after) : places_.begin();
    for (; at != places_.end() && batch.rows.size() < limit; ++at) {
      batch.last = *at;
      CURFEW_TRY(std::optional<T> object, load_(tx, *at));
      if (object) batch.rows.push_back({*at, std::move(*object)});
    }
    batch.is_end = at == places_.end();
    return batch;
  }

 private:
  std::vector<PagePlace> places_;
  Load load_;
};

// What is read of an index: values from `lower` on, before `upper` (empty: no end).
struct ValueRange {
  std::string lower;
  std::string upper;
  bool descending = false;

  [[nodiscard]] bool holds(std::string_view value) const {
    return value >= lower && (upper.empty() || value < upper);
  }
  [[nodiscard]] static ValueRange all(bool descending = false) { return {"", "", descending}; }
  [[nodiscard]] static ValueRange starting_with(std::string_view prefix, bool descending = false);
};

// Rows of (value, id) pairs that an index holds in this order, for IndexCandidates below.
struct IndexPlace {
  std::string_view table_index;  // empty: the primary key
  const TableSpec* table = nullptr;
  std::vector<Value> prefix;  // in front of the value's column
  std::size_t value_column = 0;
  std::size_t id_column = 0;
};
[[nodiscard]] Result<std::vector<PagePlace>> read_index(ReadTx& tx, const IndexPlace& index,
                                                        const ValueRange& range,
                                                        const std::optional<PagePlace>& after,
                                                        std::size_t limit);

// Objects in the order of an index, loaded one by one.
template <typename T>
class IndexCandidates final : public Candidates<T> {
 public:
  using Load = typename ListedCandidates<T>::Load;
  // Whether this is the place of an object that stands in the index more than once, where it is
  // given; none: each stands there once.
  using IsFirst = std::function<bool(const PagePlace&, const T&)>;
  IndexCandidates(IndexPlace index, ValueRange range, Load load, IsFirst is_first = nullptr)
      : index_(std::move(index)),
        range_(std::move(range)),
        load_(std::move(load)),
        is_first_(std::move(is_first)) {}
  Result<CandidateBatch<T>> next(ReadTx& tx, const std::optional<PagePlace>& after,
                                 std::size_t limit) const override {
    CURFEW_TRY(const std::vector<PagePlace> places, read_index(tx, index_, range_, after, limit));
    CandidateBatch<T> batch;
    batch.is_end = places.size() < limit;
    for (const PagePlace& place : places) {
      batch.last = place;
      CURFEW_TRY(std::optional<T> object, load_(tx, place));
      if (!object || (is_first_ && !is_first_(place, *object))) continue;
      batch.rows.push_back({place, std::move(*object)});
    }
    return batch;
  }

 private:
  IndexPlace index_;
  ValueRange range_;
  Load load_;
  IsFirst is_first_;
};

}  // namespace curfew
