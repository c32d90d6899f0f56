#include "api/graph/object_list.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "api/graph/graph_list.hpp"
#include "api/graph/graph_page.hpp"

namespace curfew {

GraphOutcome ObjectList::answer(std::string_view fragment) {
  for (std::size_t i = 0; i < call_.options.select.size(); ++i) {
    const std::string& name = call_.options.select[i];
    if (name != "*" && !known_.contains(i)) return unknown_property(name, "directoryObject");
  }
  CURFEW_TRY(const std::optional<PagePlace> after, page_place(call_));
  std::ranges::sort(objects_, {}, [](const auto& object) { return object.first; });
  const std::size_t size = page_size(call_.options);
  boost::json::object body{{"@odata.context", call_.context_url(fragment)}};
  if (wants_count(call_)) body["@odata.count"] = objects_.size();
  boost::json::array value;
  std::string last;
  for (auto& [id, object] : objects_) {
    if (after && id <= after->id) continue;
    if (value.size() == size) {
      body["@odata.nextLink"] = next_link(call_, {"", last});
      break;
    }
    last = id;
    value.push_back(std::move(object));
  }
  body["value"] = std::move(value);
  return GraphAnswer::json(std::move(body));
}

}  // namespace curfew
