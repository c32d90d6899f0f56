#include "store/change_log.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "store/schema_changes.hpp"
#include "store/watched.hpp"

namespace curfew {

namespace {

constexpr Duration kMarkEvery = std::chrono::hours{1};
constexpr std::string_view kProperties = "properties";

std::string text_at(const Row& row, std::size_t column) {
  const auto* text = std::get_if<std::string>(&row[column]);
  return text != nullptr ? *text : std::string{};
}

bool holds(const std::vector<std::string_view>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

boost::json::object members_of(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(text != nullptr ? *text : "{}", error);
  return !error && parsed.is_object() ? parsed.as_object() : boost::json::object{};
}

void name_members(const Value& before, const Value& after, std::vector<std::string>& names) {
  const boost::json::object old_members = members_of(before);
  const boost::json::object new_members = members_of(after);
  for (const auto& member : old_members) {
    const auto* now = new_members.if_contains(member.key());
    if (now == nullptr || *now != member.value()) names.emplace_back(member.key());
  }
  for (const auto& member : new_members) {
    if (!old_members.contains(member.key())) names.emplace_back(member.key());
  }
}

std::vector<std::string> elements_of(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr ? detail::decode_list(*text).value_or(std::vector<std::string>{})
                         : std::vector<std::string>{};
}

// Elements of `list` that `other` lacks, each as "<column>=<element>".
void name_elements(std::string_view column, const std::vector<std::string>& list,
                   const std::vector<std::string>& other, std::vector<std::string>& names) {
  for (const std::string& element : list) {
    if (std::ranges::find(other, element) != other.end()) continue;
    names.push_back(std::string{column} + "=" + element);
  }
}

// What is different; a row that is not there has no value anywhere.
std::vector<std::string> differences(const TableSpec& table, const WatchedTable& watched,
                                     const Row& before, const Row& after) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < table.columns.size(); ++at) {
    const std::string_view column = table.columns[at].name;
    const Value old_value = before.empty() ? Value{} : before[at];
    const Value new_value = after.empty() ? Value{} : after[at];
    if (old_value == new_value || holds(watched.quiet, column)) continue;
    if (column == kProperties) {
      name_members(old_value, new_value, names);
    } else if (holds(watched.spelled_out, column)) {
      const auto old_list = elements_of(old_value);
      const auto new_list = elements_of(new_value);
      name_elements(column, old_list, new_list, names);
      name_elements(column, new_list, old_list, names);
    } else {
      names.emplace_back(column);
    }
  }
  return names;
}

// `before` and `after`: empty where there is no such row. Of what comes or goes only the elements
// that are spelled out are named: the rest is everything.
Status log_row(WriteTx& tx, const TableSpec& table, const WatchedTable& watched, const Row& before,
               const Row& after) {
  if (watched.holds_deleted && !after.empty()) return Done{};
  DirectoryChange change;
  change.changed = differences(table, watched, before, after);
  if (!before.empty() && !after.empty()) {
    if (change.changed.empty()) return Done{};
  } else {
    std::erase_if(change.changed,
                  [](const std::string& name) { return name.find('=') == std::string::npos; });
    change.change = before.empty() ? DirectoryChangeKind::created : DirectoryChangeKind::deleted;
    if (watched.holds_deleted) change.change = DirectoryChangeKind::purged;
  }
  const Row& row = after.empty() ? before : after;
  change.tenant_id = TenantId{text_at(row, 0)};
  change.object_kind = watched.object_kind;
  change.object_id = text_at(row, watched.id_column);
  change.link = watched.link;
  if (!watched.link.empty()) change.link_id = text_at(row, watched.link_column);
  return log_change(tx, std::move(change));
}

std::vector<Value> key_of_row(const TableSpec& table, const Row& row) {
  return {row.begin(), row.begin() + static_cast<std::ptrdiff_t>(table.key_column_count)};
}

Result<std::optional<DirectoryChangeMark>> newest_mark(ReadTx& tx, const TenantId& tenant_id) {
  Query query;
  query.prefix = keys_of(tenant_id);
  query.descending = true;
  query.limit = 1;
  CURFEW_TRY(auto marks, scan_as<DirectoryChangeMark>(tx, query));
  return marks.empty() ? std::optional<DirectoryChangeMark>{} : std::optional{marks.front()};
}

Status note_mark(WriteTx& tx, const TenantId& tenant_id, TimePoint now) {
  CURFEW_TRY(const std::int64_t newest, newest_change(tx, tenant_id));
  CURFEW_TRY(const auto last, newest_mark(tx, tenant_id));
  const bool is_due = !last || (last->sequence < newest && now - last->at >= kMarkEvery);
  return newest == 0 || !is_due ? Status{Done{}}
                                : save(tx, DirectoryChangeMark{tenant_id, newest, now});
}

// The sequence up to which everything is old; drops the marks before it.
Result<std::int64_t> old_up_to(WriteTx& tx, const TenantId& tenant_id, TimePoint now,
                               std::size_t limit) {
  Query query;
  query.prefix = keys_of(tenant_id);
  query.limit = limit;
  CURFEW_TRY(const auto marks, scan_as<DirectoryChangeMark>(tx, query));
  std::optional<DirectoryChangeMark> old;
  for (const DirectoryChangeMark& mark : marks) {
    if (mark.at + kDirectoryChangesKept >= now) break;
    if (old) {
      CURFEW_TRY_STATUS(remove<DirectoryChangeMark>(tx, tenant_id, old->sequence));
    }
    old = mark;
  }
  return old ? old->sequence : 0;
}

}  // namespace

Status add_watched(WriteTx& tx, const TableSpec& table, const WatchedTable& watched,
                   const Row& row) {
  CURFEW_TRY_STATUS(tx.insert(table, row));
  return log_row(tx, table, watched, {}, row);
}

Status save_watched(WriteTx& tx, const TableSpec& table, const WatchedTable& watched,
                    const Row& row) {
  CURFEW_TRY(const std::optional<Row> before, tx.find(table, key_of_row(table, row)));
  CURFEW_TRY_STATUS(tx.put(table, row));
  return log_row(tx, table, watched, before.value_or(Row{}), row);
}

Result<bool> remove_watched(WriteTx& tx, const TableSpec& table, const WatchedTable& watched,
                            const std::vector<Value>& key) {
  CURFEW_TRY(const std::optional<Row> before, tx.find(table, key));
  if (!before) return false;
  CURFEW_TRY(const bool removed, tx.erase(table, key));
  CURFEW_TRY_STATUS(log_row(tx, table, watched, *before, {}));
  return removed;
}

Status log_change(WriteTx& tx, DirectoryChange change) {
  CURFEW_TRY(const std::int64_t newest, newest_change(tx, change.tenant_id));
  change.sequence = newest + 1;
  return add(tx, change);
}

Result<std::int64_t> newest_change(ReadTx& tx, const TenantId& tenant_id) {
  Query query;
  query.prefix = keys_of(tenant_id);
  query.descending = true;
  query.limit = 1;
  CURFEW_TRY(const auto newest, scan_as<DirectoryChange>(tx, query));
  return newest.empty() ? 0 : newest.front().sequence;
}

Result<bool> can_go_on_from(ReadTx& tx, const TenantId& tenant_id, std::int64_t place) {
  CURFEW_TRY(const std::int64_t newest, newest_change(tx, tenant_id));
  if (place < 0 || place > newest) return false;
  CURFEW_TRY(const auto next, changes_after(tx, tenant_id, place, 1));
  return next.empty() || next.front().sequence == place + 1;
}

Result<std::vector<DirectoryChange>> changes_after(ReadTx& tx, const TenantId& tenant_id,
                                                   std::int64_t place, std::size_t limit) {
  Query query;
  query.prefix = keys_of(tenant_id);
  query.above = place;
  query.limit = limit;
  return scan_as<DirectoryChange>(tx, query);
}

Result<std::size_t> prune_changes(WriteTx& tx, const TenantId& tenant_id, TimePoint now,
                                  std::size_t limit) {
  CURFEW_TRY_STATUS(note_mark(tx, tenant_id, now));
  CURFEW_TRY(const std::int64_t old, old_up_to(tx, tenant_id, now, limit));
  if (old == 0) return std::size_t{0};  // sequences begin at 1
  CURFEW_TRY(const std::int64_t newest, newest_change(tx, tenant_id));
  CURFEW_TRY(const auto first, changes_after(tx, tenant_id, 0, limit));
  std::size_t dropped = 0;
  for (const DirectoryChange& change : first) {
    if (change.sequence > old || change.sequence == newest) break;
    CURFEW_TRY_STATUS(remove<DirectoryChange>(tx, tenant_id, change.sequence));
    ++dropped;
  }
  return dropped;
}

}  // namespace curfew
