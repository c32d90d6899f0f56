// api/graph/graph_members.hpp: takes the members of a request's body one by one, by name in any
// case, so that what nobody took can be refused by its name.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "api/graph/graph_error.hpp"
#include "base/result.hpp"

namespace curfew {

class GraphMembers {
 public:
  // `body` outlives this.
  explicit GraphMembers(const boost::json::object& body) : body_(body) {}

  // Null if there is none.
  [[nodiscard]] const boost::json::value* take(std::string_view name);
  // 400 for a value of another type.
  [[nodiscard]] GraphResult<std::optional<std::string>> text(std::string_view name);
  [[nodiscard]] GraphResult<std::optional<bool>> boolean(std::string_view name);
  // The outer level: whether it was given; the inner one: null.
  [[nodiscard]] GraphResult<std::optional<std::optional<std::string>>> nullable_text(
      std::string_view name);

  // 400 that names a member nobody took. Annotations (@odata.*) and extension properties pass, as
  // Graph lets them.
  [[nodiscard]] GraphResult<Done> nothing_else(std::string_view type) const;

 private:
  const boost::json::object& body_;
  std::set<std::string, std::less<>> taken_;
};

// The id that {"@odata.id": "https://host/v1.0/directoryObjects/<id>"} refers to; any host, and
// any collection in front of the id. In lower case.
[[nodiscard]] GraphResult<std::string> reference_in(const boost::json::object& body);

}  // namespace curfew
