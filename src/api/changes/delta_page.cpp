#include "api/changes/delta_page.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "store/change_log.hpp"

namespace curfew {

namespace {

// What is known of one object that is to be shown.
struct Entry {
  const DeltaKind* kind = nullptr;
  DeltaObject object;  // without show(): it is gone
  bool is_gone = false;
  bool can_be_restored = false;
  bool is_whole = false;          // created, or listed: not only what changed
  std::set<std::string> changed;  // Graph's names
  std::vector<DeltaMember> members;
};

class PageReader {
 public:
  PageReader(const GraphCall& call, DeltaKinds kinds, const DeltaToken& token)
      : call_(call), kinds_(kinds), token_(token) {
    page_.next = token;
  }

  Status read(ReadTx& tx) {
    CURFEW_TRY_STATUS(check_caller(tx, call_));
    if (!token_.is_listing) return read_changes(tx);
    return token_.ids.empty() ? list_all(tx) : list_named(tx);
  }

  // Outside of the transaction: what is shown may read by itself.
  DeltaPage finish() {
    for (const Entry& entry : entries_) page_.value.push_back(show(entry));
    return std::move(page_);
  }

 private:
  [[nodiscard]] std::size_t size() const {
    return token_.page_size > 0 ? static_cast<std::size_t>(token_.page_size)
                                : limits::kPageSizeDefault;
  }
  [[nodiscard]] bool shows_members(const DeltaKind& kind) const {
    return kind.has_members() && (token_.select.empty() || selects("members"));
  }
  [[nodiscard]] bool selects(std::string_view name) const {
    return std::ranges::any_of(token_.select, [name](const std::string& selected) {
      return selected == "*" || ascii_iequals(selected, name);
    });
  }

  // --- everything that there is

  void end_listing() {
    page_.is_end = true;
    page_.next.is_listing = false;
    page_.next.kind = 0;
    page_.next.row_value = page_.next.row_id = page_.next.object_id = page_.next.member = "";
  }
  void go_on_after(std::size_t kind, const PagePlace& place) {
    page_.next.kind = static_cast<std::int64_t>(kind);
    page_.next.row_value = place.value;
    page_.next.row_id = place.id;
    page_.next.object_id = page_.next.member = "";
  }

  // Whether all of its members are in the page; else the next page goes on behind the last of them.
  Result<bool> add_listed(ReadTx& tx, const DeltaKind& kind, DeltaObject object,
                          const std::string& after_member) {
    Entry entry;
    entry.kind = &kind;
    entry.is_whole = true;
    bool is_complete = true;
    if (shows_members(kind)) {
      const std::size_t room = kMembersAPage - members_read_;
      CURFEW_TRY(entry.members, kind.members(tx, object.id, after_member, room + 1));
      is_complete = entry.members.size() <= room;
      if (!is_complete) {
        entry.members.pop_back();
        page_.next.object_id = object.id;
        page_.next.member = entry.members.empty() ? after_member : entry.members.back().id;
      }
      members_read_ += entry.members.size();
    }
    entry.object = std::move(object);
    entries_.push_back(std::move(entry));
    return is_complete;
  }

  Status list_all(ReadTx& tx) {
    if (static_cast<std::size_t>(token_.kind) >= kinds_.size()) {
      end_listing();
      return Done{};
    }
    if (!token_.object_id.empty()) {
      CURFEW_TRY(const bool is_complete, finish_members(tx));
      if (!is_complete) return Done{};
    }
    for (auto kind = static_cast<std::size_t>(token_.kind); kind < kinds_.size(); ++kind) {
      CURFEW_TRY(const bool is_full, list_kind(tx, kind));
      if (is_full) return Done{};
    }
    end_listing();
    return Done{};
  }

  // The object in whose members the last page ended.
  Result<bool> finish_members(ReadTx& tx) {
    const DeltaKind& kind = *kinds_[static_cast<std::size_t>(token_.kind)];
    page_.next.object_id = page_.next.member = "";
    CURFEW_TRY(auto object, kind.find(tx, token_.object_id));
    if (!object) return true;
    return add_listed(tx, kind, std::move(*object), token_.member);
  }

  // Whether the page is full.
  Result<bool> list_kind(ReadTx& tx, std::size_t index) {
    const bool is_first = index == static_cast<std::size_t>(token_.kind);
    std::optional<PagePlace> after;
    if (is_first && !token_.row_id.empty()) after = PagePlace{token_.row_value, token_.row_id};
    while (true) {
      if (entries_.size() >= size()) return true;
      CURFEW_TRY(DeltaBatch batch, kinds_[index]->next(tx, after, size() - entries_.size()));
      for (auto& [place, object] : batch.rows) {
        go_on_after(index, place);
        CURFEW_TRY(const bool is_complete, add_listed(tx, *kinds_[index], std::move(object), ""));
        if (!is_complete) return true;
      }
      if (batch.is_end) break;
      after = batch.last;
      go_on_after(index, batch.last);
    }
    go_on_after(index + 1, {});
    return false;
  }

  Status list_named(ReadTx& tx) {
    for (const std::string& id : token_.ids) {
      for (const auto& kind : kinds_) {
        CURFEW_TRY(auto object, kind->find(tx, id));
        if (!object) continue;
        CURFEW_TRY(const bool is_complete, add_listed(tx, *kind, std::move(*object), ""));
        if (!is_complete) return too_many_members();
      }
    }
    end_listing();
    return Done{};
  }
  static Status too_many_members() {
    return Error::permanent(ErrorCode::invalid_argument,
                            "these groups have more members than one page holds; leave $filter "
                            "out, or select other properties than members");
  }

  // --- what changed

  // Whether a row says something that was selected; fills in what.
  bool note(const DirectoryChange& change, const DeltaKind& kind, Entry& entry) const {
    if (!change.link.empty() && change.link != "principalId") {
      if (change.link != "members") return note_names({change.link}, kind, entry);
      return shows_members(kind);
    }
    if (change.change != DirectoryChangeKind::updated) {
      entry.is_whole = true;
      return true;
    }
    std::vector<std::string> names;
    for (const std::string& changed : change.changed) {
      if (auto name = graph_name_of(changed)) names.push_back(std::move(*name));
    }
    return note_names(names, kind, entry);
  }
  // What the kind calls otherwise, or shows in parts, may be anything of it.
  bool note_names(const std::vector<std::string>& names, const DeltaKind& kind,
                  Entry& entry) const {
    bool is_wanted = false;
    for (const std::string& name : names) {
      const bool is_known = kind.has_property(name);
      if (!is_known) entry.is_whole = true;
      entry.changed.insert(name);
      is_wanted = is_wanted || token_.select.empty() || !is_known || selects(name);
    }
    return is_wanted;
  }

  Status read_changes(ReadTx& tx) {
    CURFEW_TRY(const auto rows,
               changes_after(tx, call_.tenant_id(), token_.known_up_to, kChangesAPage));
    bool is_full = false;
    for (const DirectoryChange& row : rows) {
      is_full = entries_.size() >= size();
      if (is_full) break;
      for (const auto& kind : kinds_) {
        CURFEW_TRY_STATUS(add_change(tx, *kind, row));
      }
      page_.next.known_up_to = row.sequence;
    }
    page_.is_end = !is_full && rows.size() < kChangesAPage;
    return load_all(tx);
  }

  Status add_change(ReadTx& tx, const DeltaKind& kind, const DirectoryChange& row) {
    CURFEW_TRY(const auto ids, kind.ids_of(tx, row));
    for (const std::string& id : ids) {
      const bool is_named =
          token_.ids.empty() || std::ranges::find(token_.ids, id) != token_.ids.end();
      Entry noted;
      if (!is_named || !note(row, kind, noted)) continue;
      Entry& entry = entry_of(kind, id);
      entry.is_whole = entry.is_whole || noted.is_whole;
      entry.changed.merge(noted.changed);
      if (row.link != "members") continue;
      const bool is_known = std::ranges::any_of(
          entry.members, [&](const DeltaMember& other) { return other.id == row.link_id; });
      if (is_known) continue;
      CURFEW_TRY(DeltaMember member, kind.member(tx, id, row.link_id));
      entry.members.push_back(std::move(member));
    }
    return Done{};
  }

  Entry& entry_of(const DeltaKind& kind, const std::string& id) {
    const auto [at, is_new] = places_.try_emplace({&kind, id}, entries_.size());
    if (is_new) {
      Entry entry;
      entry.kind = &kind;
      entry.object.id = id;
      entries_.push_back(std::move(entry));
    }
    return entries_[at->second];
  }

  Status load_all(ReadTx& tx) {
    for (Entry& entry : entries_) {
      CURFEW_TRY(auto object, entry.kind->find(tx, entry.object.id));
      entry.is_gone = !object;
      if (object) {
        entry.object = std::move(*object);
      } else {
        CURFEW_TRY(entry.can_be_restored, entry.kind->can_be_restored(tx, entry.object.id));
      }
    }
    return Done{};
  }

  // --- showing

  // Never-set properties are left out, unless it is that which changed.
  [[nodiscard]] bool is_shown(const Entry& entry, std::string_view name,
                              const boost::json::value& value) const {
    const bool has_changed = entry.changed.contains(std::string{name});
    if (token_.is_minimal && !entry.is_whole) return has_changed;
    const bool is_unset = value.is_null() || (value.is_array() && value.as_array().empty());
    return has_changed || !is_unset;
  }

  [[nodiscard]] static boost::json::object show_member(const DeltaMember& member) {
    boost::json::object shown{{"@odata.type", "#microsoft.graph." + member.type},
                              {"id", member.id}};
    if (!member.is_there) shown["@removed"] = boost::json::object{{"reason", "deleted"}};
    return shown;
  }

  [[nodiscard]] boost::json::object show(const Entry& entry) const {
    boost::json::object shown;
    if (kinds_.size() > 1) {
      shown["@odata.type"] = "#microsoft.graph." + std::string{entry.kind->type()};
    }
    shown["id"] = entry.object.id;
    if (entry.is_gone) {
      shown["@removed"] =
          boost::json::object{{"reason", entry.can_be_restored ? "changed" : "deleted"}};
      return shown;
    }
    for (auto& member : entry.object.show()) {
      if (member.key() == "id" || !is_shown(entry, member.key(), member.value())) continue;
      shown[member.key()] = std::move(member.value());
    }
    if (entry.members.empty()) return shown;
    boost::json::array members;
    for (const DeltaMember& member : entry.members) members.push_back(show_member(member));
    shown["members@delta"] = std::move(members);
    return shown;
  }

  const GraphCall& call_;
  DeltaKinds kinds_;
  const DeltaToken& token_;
  DeltaPage page_;
  std::vector<Entry> entries_;
  std::map<std::pair<const DeltaKind*, std::string>, std::size_t> places_;
  std::size_t members_read_ = 0;
};

}  // namespace

GraphResult<DeltaPage> read_delta_page(const GraphCall& call, DeltaKinds kinds,
                                       const DeltaToken& token) {
  PageReader reader{call, kinds, token};
  CURFEW_TRY_STATUS(call.context.store.read([&](ReadTx& tx) { return reader.read(tx); }));
  return reader.finish();
}

}  // namespace curfew
