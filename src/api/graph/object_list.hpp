// api/graph/object_list.hpp: a small collection of objects of several kinds (directoryObjects),
// such as what a person is a member of: shown with their types, paged by id.
#pragma once

#include <boost/json/object.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/graph/entity.hpp"
#include "api/graph/graph_call.hpp"

namespace curfew {

// Objects with the properties that were selected; a name that one kind lacks is left out there, and
// 400 if every kind that was added lacks it.
class ObjectList {
 public:
  explicit ObjectList(const GraphCall& call) : call_(call) {}

  template <typename View>
  void add_kind(const EntityKind<View>& kind) {
    for (std::size_t i = 0; i < call_.options.select.size(); ++i) {
      if (find_property(kind.rules(), call_.options.select[i])) known_.insert(i);
    }
  }
  template <typename View>
  void add(const EntityKind<View>& kind, std::string id, const View& view) {
    boost::json::object shown{{"@odata.type", "#microsoft.graph." + std::string{kind.type()}}};
    for (auto& member : kind.show(view, selection_of(kind))) {
      shown[member.key()] = std::move(member.value());
    }
    objects_.emplace_back(std::move(id), std::move(shown));
  }

  [[nodiscard]] std::size_t size() const { return objects_.size(); }
  // The page that the call asks for.
  [[nodiscard]] GraphOutcome answer(std::string_view fragment);

 private:
  template <typename View>
  Selection selection_of(const EntityKind<View>& kind) const {
    std::vector<std::string> names;
    for (const std::string& name : call_.options.select) {
      if (name == "*" || find_property(kind.rules(), name)) names.push_back(name);
    }
    if (names.empty() && !call_.options.select.empty()) return {};
    auto selection = kind.select(names);
    return selection.ok() ? std::move(selection).value() : Selection{};
  }

  const GraphCall& call_;
  std::vector<std::pair<std::string, boost::json::object>> objects_;  // by id
  std::set<std::size_t> known_;  // names of $select that some kind has
};

}  // namespace curfew
