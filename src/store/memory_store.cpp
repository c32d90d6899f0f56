#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "store/shape.hpp"
#include "store/store.hpp"
#include "store/table_versions.hpp"

namespace curfew {

namespace {

// Values of a key, or of an index's columns with the key behind them. std::variant and std::string
// order them as SQLite does: NULL, then numbers, then text by its bytes.
using Entry = std::vector<Value>;

// A place between entries: before (or after) all those that begin with `values`.
struct Bound {
  Entry values;
  bool after = false;
};

struct EntryLess {
  using is_transparent = void;

  bool operator()(const Entry& a, const Entry& b) const { return a < b; }
  bool operator()(const Entry& entry, const Bound& bound) const {
    const int order = compare(entry, bound);
    return order < 0 || (order == 0 && bound.after);
  }
  bool operator()(const Bound& bound, const Entry& entry) const {
    const int order = compare(entry, bound);
    return order > 0 || (order == 0 && !bound.after);
  }

 private:
  static int compare(const Entry& entry, const Bound& bound) {
    for (std::size_t at = 0; at < bound.values.size(); ++at) {
      if (entry[at] < bound.values[at]) return -1;
      if (bound.values[at] < entry[at]) return 1;
    }
    return 0;
  }
};

using Rows = std::map<Entry, Row, EntryLess>;
using Index = std::map<Entry, const Row*, EntryLess>;  // rows are nodes of Rows: they stay in place

Entry pick(const Row& row, const std::vector<std::size_t>& columns) {
  Entry entry;
  entry.reserve(columns.size());
  for (const std::size_t column : columns) entry.push_back(row[column]);
  return entry;
}

Entry key_of_row(const TableSpec& table, const Row& row) {
  return {row.begin(), row.begin() + static_cast<std::ptrdiff_t>(table.key_column_count)};
}

struct Table {
  explicit Table(const TableSpec& described) : spec(described), indexes(described.indexes.size()) {
    for (const IndexSpec& index : spec.indexes) orders.push_back(order_columns(spec, &index));
  }

  const TableSpec& spec;
  Rows rows;
  std::vector<Index> indexes;                    // in the order of spec.indexes
  std::vector<std::vector<std::size_t>> orders;  // the columns of each index's entries

  void set(const Entry& key, const Row& row) {
    erase(key);
    const Row& stored = rows.emplace(key, row).first->second;
    for (std::size_t at = 0; at < indexes.size(); ++at) {
      indexes[at].emplace(pick(stored, orders[at]), &stored);
    }
  }

  void erase(const Entry& key) {
    const auto found = rows.find(key);
    if (found == rows.end()) return;
    for (std::size_t at = 0; at < indexes.size(); ++at) {
      indexes[at].erase(pick(found->second, orders[at]));
    }
    rows.erase(found);
  }

  // Another row than `key` has the row's values in a unique index.
  [[nodiscard]] bool is_taken(const Entry& key, const Row& row) const {
    for (std::size_t at = 0; at < indexes.size(); ++at) {
      if (!spec.indexes[at].unique) continue;
      Entry values = pick(row, spec.indexes[at].columns);
      if (std::any_of(values.begin(), values.end(), is_null)) continue;
      const auto other = indexes[at].lower_bound(Bound{values, false});
      if (other == indexes[at].end() || EntryLess{}(Bound{values, true}, other->first)) continue;
      if (key_of_row(spec, *other->second) != key) return true;
    }
    return false;
  }
};

// std::map, so that a Table stays in place; the name of a table is its identity.
using Tables = std::map<std::string_view, Table>;

const Row& row_at(const Rows::value_type& entry) { return entry.second; }
const Row& row_at(const Index::value_type& entry) { return *entry.second; }

// Calls visit(row) for the query's rows in order, until the limit.
template <typename Map, typename Visit>
void walk(const Map& map, const Query& query, const Visit& visit) {
  const bool bounded = !is_null(query.above) || !is_null(query.below);
  if (!is_null(query.above) && !is_null(query.below) && !(query.above < query.below)) return;
  Bound low{query.prefix, bounded};  // past NULL even without a lower bound: NULL is out of bounds
  if (bounded) low.values.push_back(query.above);
  Bound high{query.prefix, is_null(query.below)};
  if (!is_null(query.below)) high.values.push_back(query.below);
  const auto first = map.lower_bound(low);
  const auto end = map.lower_bound(high);
  std::size_t left = query.limit;
  const auto take = [&](auto from, auto to) {
    for (; from != to; ++from) {
      visit(row_at(*from));
      if (query.limit != 0 && --left == 0) return;
    }
  };
  if (query.descending) {
    take(std::make_reverse_iterator(end), std::make_reverse_iterator(first));
  } else {
    take(first, end);
  }
}

template <typename Visit>
void walk(const Tables& tables, const Query& query, const Visit& visit) {
  const auto table = tables.find(query.table->name);
  if (table == tables.end()) return;
  if (const IndexSpec* index = index_of(query)) {
    const auto at = static_cast<std::size_t>(index - query.table->indexes.data());
    walk(table->second.indexes[at], query, visit);
  } else {
    walk(table->second.rows, query, visit);
  }
}

class MemoryTx final : public WriteTx {
 public:
  enum class Use { read, write };
  MemoryTx(Tables& tables, Use use) : tables_(tables), use_(use) {}

  Result<std::optional<Row>> find(const TableSpec& table, const std::vector<Value>& key) override {
    CURFEW_TRY_STATUS(check_key(table, key));
    const auto found = tables_.find(table.name);
    if (found == tables_.end()) return std::optional<Row>{};
    const auto row = found->second.rows.find(key);
    if (row == found->second.rows.end()) return std::optional<Row>{};
    return std::optional{row->second};
  }

  Result<std::vector<Row>> scan(const Query& query) override {
    CURFEW_TRY_STATUS(check_query(query));
    std::vector<Row> rows;
    walk(tables_, query, [&](const Row& row) { rows.push_back(row); });
    return rows;
  }

  Result<std::uint64_t> count(const Query& query) override {
    CURFEW_TRY_STATUS(check_query(query));
    std::uint64_t rows = 0;
    walk(tables_, query, [&](const Row&) { ++rows; });
    return rows;
  }

  Status insert(const TableSpec& table, const Row& row) override {
    CURFEW_TRY_STATUS(check_row(table, row));
    if (table_of_spec(table).rows.contains(key_of_row(table, row))) {
      return taken_key(table);
    }
    return put(table, row);
  }

  Status put(const TableSpec& table, const Row& row) override {
    CURFEW_TRY_STATUS(check_row(table, row));
    Table& stored = table_of_spec(table);
    const Entry key = key_of_row(table, row);
    if (stored.is_taken(key, row)) return taken_key(table);
    remember(stored, key);
    changed_.add(table);
    stored.set(key, row);
    return Done{};
  }

  Result<bool> erase(const TableSpec& table, const std::vector<Value>& key) override {
    CURFEW_TRY_STATUS(check_key(table, key));
    Table& stored = table_of_spec(table);
    if (!stored.rows.contains(key)) return false;
    remember(stored, key);
    changed_.add(table);
    stored.erase(key);
    return true;
  }

  [[nodiscard]] bool may_have_changed(const TableSpec& table) const override {
    return use_ == Use::read || changed_.has(table);
  }

  void on_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }

  [[nodiscard]] const std::vector<std::function<void()>>& actions() const { return actions_; }

  [[nodiscard]] const ChangedTables& changed() const { return changed_; }

  void undo() {
    for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
      if (change->before) {
        change->table->set(change->key, *change->before);
      } else {
        change->table->erase(change->key);
      }
    }
  }

 private:
  struct Change {
    Table* table;
    Entry key;
    std::optional<Row> before;
  };

  Table& table_of_spec(const TableSpec& spec) {
    return tables_.try_emplace(spec.name, spec).first->second;
  }

  void remember(Table& table, const Entry& key) {
    const auto row = table.rows.find(key);
    changes_.push_back(
        {&table, key, row != table.rows.end() ? std::optional{row->second} : std::nullopt});
  }

  Tables& tables_;
  Use use_;
  std::vector<Change> changes_;
  ChangedTables changed_;
  std::vector<std::function<void()>> actions_;
};

class MemoryStore final : public Store {
 public:
  Status read(const ReadBody& body) override {
    const std::shared_lock lock{data_};
    MemoryTx tx{tables_,
                MemoryTx::Use::read};  // the body sees its ReadTx part, which changes nothing
    return body(tx);
  }

  void write(Urgency /*urgency*/, WriteBody body, WriteDone done) override {
    done(run(body));  // outside of the locks: the caller may write again from there
  }

  void set_group_hook(std::function<Status()> hook) override { hook_ = std::move(hook); }

  std::uint64_t version(const TableSpec& table) const override { return versions_.of(table); }

 private:
  Status run(const WriteBody& body) {
    const std::lock_guard order{writer_};
    MemoryTx tx{tables_, MemoryTx::Use::write};
    {
      const std::unique_lock lock{data_};
      const Status status = body(tx);
      if (!status.ok()) {
        tx.undo();
        return status;
      }
    }
    versions_.raise(tx.changed());
    for (const auto& action : tx.actions()) action();
    return hook_ ? hook_() : Status{Done{}};
  }

  std::mutex writer_;       // one body at a time, with its actions and the hook
  std::shared_mutex data_;  // guards tables_; taken after writer_
  Tables tables_;
  TableVersions versions_;
  std::function<Status()> hook_;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace curfew
