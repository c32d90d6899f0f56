#include "api/directory/directory_index.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "api/directory/account_risk.hpp"
#include "api/directory/stored_properties.hpp"
#include "base/text.hpp"
#include "protocol/odata/search.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

// Stored properties that people are looked up by.
constexpr std::array<std::string_view, 5> kIndexedStored{"givenName", "surname", "department",
                                                         "employeeId", "otherMails"};
constexpr std::string_view kDisplayName = "displayName";
constexpr std::string_view kDisplayNameWord = "displayName:word";
constexpr std::string_view kMail = "mail";
constexpr std::size_t kUsersAtOnce = 500;

// The row that says that the index was built.
DirectoryIndexEntry built_marker(const TenantId& tenant_id) {
  return {tenant_id, "index", "version", "1", ""};
}

void add_entry(std::vector<DirectoryIndexEntry>& entries, const User& user,
               std::string_view property, std::string_view text) {
  if (text.empty()) return;
  entries.push_back({user.tenant_id, std::string{kUserIndexKind}, std::string{property},
                     index_value(text), user.id.str()});
}

void add_stored(std::vector<DirectoryIndexEntry>& entries, const User& user,
                std::string_view property, const boost::json::value& value) {
  if (const auto* text = value.if_string()) add_entry(entries, user, property, *text);
  if (const auto* array = value.if_array()) {
    for (const boost::json::value& element : *array) add_stored(entries, user, property, element);
  }
}

Status erase_entry(WriteTx& tx, const DirectoryIndexEntry& entry) {
  CURFEW_TRY_STATUS(remove<DirectoryIndexEntry>(tx, entry.tenant_id, entry.kind, entry.property,
                                                entry.value, entry.object_id));
  return Done{};
}

Status put_entries(WriteTx& tx, const std::vector<DirectoryIndexEntry>& entries) {
  for (const DirectoryIndexEntry& entry : entries) {
    CURFEW_TRY_STATUS(save(tx, entry));
  }
  return Done{};
}

bool same(const DirectoryIndexEntry& a, const DirectoryIndexEntry& b) {
  return a.property == b.property && a.value == b.value;
}

bool holds(const std::vector<DirectoryIndexEntry>& entries, const DirectoryIndexEntry& wanted) {
  return std::ranges::any_of(entries, [&](const auto& entry) { return same(entry, wanted); });
}

// One slice of the users, in a transaction of its own; the id to go on after, or nothing.
Result<std::optional<std::string>> index_slice(Store& store, const TenantId& tenant_id,
                                               const std::string& after) {
  std::optional<std::string> last;
  const Status written = store.write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    Query query;
    query.prefix = keys_of(tenant_id);
    if (!after.empty()) query.above = after;
    query.limit = kUsersAtOnce;
    CURFEW_TRY(const std::vector<User> users, scan_as<User>(tx, query));
    for (const User& user : users) {
      CURFEW_TRY_STATUS(put_entries(tx, index_entries(user)));
    }
    last.reset();
    if (users.size() == kUsersAtOnce) last = users.back().id.str();
    return Done{};
  });
  if (!written.ok()) return written.error();
  return last;
}

}  // namespace

bool is_indexed(std::string_view property) {
  return property == kDisplayName || property == kDisplayNameWord || property == kMail ||
         std::ranges::find(kIndexedStored, property) != kIndexedStored.end();
}

std::string index_value(std::string_view text) {
  return ascii_lower(text.substr(0, kDirectoryIndexValueBytesMax));
}

std::vector<DirectoryIndexEntry> index_entries(const User& user) {
  std::vector<DirectoryIndexEntry> entries;
  add_entry(entries, user, kDisplayName, user.display_name);
  for (const std::string& word : search_tokens(user.display_name)) {
    add_entry(entries, user, kDisplayNameWord, word);
  }
  add_entry(entries, user, kMail, user.mail.value_or(""));
  const boost::json::object stored = parse_stored(user.properties);
  for (const std::string_view property : kIndexedStored) {
    if (const auto* value = stored.if_contains(property)) {
      add_stored(entries, user, property, *value);
    }
  }
  if (const auto* risk = stored.if_contains(kRiskProperty)) {
    const auto* object = risk->if_object();
    const auto* state = object == nullptr ? nullptr : object->if_contains("riskState");
    if (state != nullptr) add_stored(entries, user, kRiskProperty, *state);
  }
  return entries;
}

Status add_user_row(WriteTx& tx, const User& user) {
  CURFEW_TRY_STATUS(add(tx, user));
  return put_entries(tx, index_entries(user));
}

Status save_user_row(WriteTx& tx, const User& before, const User& after) {
  const std::vector<DirectoryIndexEntry> old_entries = index_entries(before);
  const std::vector<DirectoryIndexEntry> new_entries = index_entries(after);
  for (const DirectoryIndexEntry& entry : old_entries) {
    if (holds(new_entries, entry)) continue;
    CURFEW_TRY_STATUS(erase_entry(tx, entry));
  }
  for (const DirectoryIndexEntry& entry : new_entries) {
    if (holds(old_entries, entry)) continue;
    CURFEW_TRY_STATUS(save(tx, entry));
  }
  return save(tx, after);
}

Status drop_user_row(WriteTx& tx, const User& user) {
  for (const DirectoryIndexEntry& entry : index_entries(user)) {
    CURFEW_TRY_STATUS(erase_entry(tx, entry));
  }
  CURFEW_TRY_STATUS(remove<User>(tx, user.tenant_id, user.id));
  return Done{};
}

Status mark_directory_index_built(WriteTx& tx, const TenantId& tenant_id) {
  return save(tx, built_marker(tenant_id));
}

Status build_directory_index(Store& store, const TenantId& tenant_id) {
  const DirectoryIndexEntry marker = built_marker(tenant_id);
  CURFEW_TRY(const auto found,
             read_value<std::optional<DirectoryIndexEntry>>(store, [&](ReadTx& tx) {
               return load<DirectoryIndexEntry>(tx, marker.tenant_id, marker.kind, marker.property,
                                                marker.value, marker.object_id);
             }));
  if (found) return Done{};
  std::optional<std::string> after{""};
  while (after) {
    CURFEW_TRY(after, index_slice(store, tenant_id, *after));
  }
  return store.write_and_wait(
      Urgency::normal, [&](WriteTx& tx) { return mark_directory_index_built(tx, tenant_id); });
}

}  // namespace curfew
