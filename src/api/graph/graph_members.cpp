#include "api/graph/graph_members.hpp"

#include "base/text.hpp"

namespace curfew {

namespace {

GraphError wrong_type(std::string_view name) {
  return GraphError::bad_request("Invalid value specified for property '" + std::string{name} +
                                 "' of resource.");
}

bool may_pass(std::string_view name) {
  return name.find('@') != std::string_view::npos || name.starts_with("extension_");
}

}  // namespace

const boost::json::value* GraphMembers::take(std::string_view name) {
  for (const auto& member : body_) {
    if (!ascii_iequals(member.key(), name)) continue;
    taken_.emplace(member.key());
    return &member.value();
  }
  return nullptr;
}

GraphResult<std::optional<std::string>> GraphMembers::text(std::string_view name) {
  const auto* value = take(name);
  if (value == nullptr) return std::optional<std::string>{};
  if (const auto* text = value->if_string()) return std::optional<std::string>{std::string{*text}};
  return wrong_type(name);
}

GraphResult<std::optional<bool>> GraphMembers::boolean(std::string_view name) {
  const auto* value = take(name);
  if (value == nullptr) return std::optional<bool>{};
  if (const auto* flag = value->if_bool()) return std::optional<bool>{*flag};
  return wrong_type(name);
}

GraphResult<std::optional<std::optional<std::string>>> GraphMembers::nullable_text(
    std::string_view name) {
  using Nullable = std::optional<std::string>;
  const auto* value = take(name);
  if (value == nullptr) return std::optional<Nullable>{};
  if (value->is_null()) return std::optional<Nullable>{Nullable{}};
  if (const auto* text = value->if_string()) {
    return std::optional<Nullable>{Nullable{std::string{*text}}};
  }
  return wrong_type(name);
}

GraphResult<Done> GraphMembers::nothing_else(std::string_view type) const {
  for (const auto& member : body_) {
    const std::string_view name = member.key();
    if (taken_.contains(name) || may_pass(name)) continue;
    return GraphError::bad_request("Property '" + escape_for_display(name, 128) +
                                   "' is not one that can be written here, or does not exist on "
                                   "type 'microsoft.graph." +
                                   std::string{type} + "'.");
  }
  return Done{};
}

GraphResult<std::string> reference_in(const boost::json::object& body) {
  GraphMembers members{body};
  CURFEW_TRY(const auto url, members.text("@odata.id"));
  const std::size_t slash = url ? url->rfind('/') : std::string::npos;
  if (slash == std::string::npos || slash + 1 == url->size()) {
    return GraphError::bad_request(
        "Invalid URL format specified in payload: @odata.id is the URL of the object, such as "
        "https://graph.microsoft.com/v1.0/directoryObjects/{id}.");
  }
  return ascii_lower(std::string_view{*url}.substr(slash + 1));
}

}  // namespace curfew
