// api/changes/delta_kind.hpp: one kind of object as a delta query goes through it: all that there
// are, or those that the change log names.
//
// Nothing here shows what the list of the same kind would not show to the same caller.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/graph/candidates.hpp"
#include "api/graph/entity.hpp"
#include "api/graph/graph_call.hpp"
#include "model/directory_change.hpp"

namespace curfew {

struct DeltaObject {
  std::string id;
  // To be called outside of the transaction: the properties of the selection.
  std::function<boost::json::object()> show;
};

struct DeltaBatch {
  std::vector<std::pair<PagePlace, DeltaObject>> rows;
  PagePlace last;
  bool is_end = false;
};

struct DeltaMember {
  std::string id;
  std::string type;      // "user", "servicePrincipal"
  bool is_there = true;  // false: not any more
};

class DeltaKind {
 public:
  virtual ~DeltaKind() = default;
  // "user"; in delta of several kinds each object says it.
  [[nodiscard]] virtual std::string_view type() const = 0;
  // 400 for a name that the kind does not have. Before anything else; none: the defaults.
  [[nodiscard]] virtual GraphResult<Done> select(const std::vector<std::string>& names) = 0;
  [[nodiscard]] virtual bool has_property(std::string_view name) const = 0;
  [[nodiscard]] virtual bool has_members() const = 0;

  [[nodiscard]] virtual Result<DeltaBatch> next(ReadTx& tx, const std::optional<PagePlace>& after,
                                                std::size_t limit) const = 0;
  [[nodiscard]] virtual Result<std::optional<DeltaObject>> find(ReadTx& tx,
                                                                const std::string& id) const = 0;
  // Which objects of this kind a row of the log is about.
  [[nodiscard]] virtual Result<std::vector<std::string>> ids_of(
      ReadTx& tx, const DirectoryChange& change) const = 0;
  // Of an object that find() does not know.
  [[nodiscard]] virtual Result<bool> can_be_restored(ReadTx& tx, const std::string& id) const = 0;
  // The members after `after`, in the order of their ids.
  [[nodiscard]] virtual Result<std::vector<DeltaMember>> members(ReadTx& tx, const std::string& id,
                                                                 const std::string& after,
                                                                 std::size_t limit) const = 0;
  [[nodiscard]] virtual Result<DeltaMember> member(ReadTx& tx, const std::string& id,
                                                   const std::string& member_id) const = 0;
};

// The kinds of a collection, "users", in the order in which they are listed; the call outlives
// them. Empty: there is no delta of it.
[[nodiscard]] std::vector<std::unique_ptr<DeltaKind>> delta_kinds(const GraphCall& call,
                                                                  std::string_view collection);

// What Graph calls a column that changed; nothing for what Graph shows nowhere.
[[nodiscard]] std::optional<std::string> graph_name_of(std::string_view changed);

}  // namespace curfew
