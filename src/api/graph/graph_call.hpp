// api/graph/graph_call.hpp: one call of the Graph API, once its caller, operation, query options
// and body are known; and what an operation answers.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/admin_rights.hpp"
#include "api/api_call.hpp"
#include "api/graph/graph_error.hpp"
#include "api/graph/graph_permissions.hpp"
#include "api/router.hpp"
#include "base/task.hpp"
#include "protocol/odata/query_options.hpp"

namespace curfew {

struct GraphCall;

struct GraphAnswer {
  int status = 200;
  // JSON, or plain text where `is_text`; neither: no body.
  std::optional<boost::json::value> body;
  std::optional<std::string> text;
  std::vector<std::pair<std::string, std::string>> headers;

  [[nodiscard]] static GraphAnswer json(boost::json::value body_in, int status_in = 200) {
    GraphAnswer answer;
    answer.status = status_in;
    answer.body = std::move(body_in);
    return answer;
  }
  [[nodiscard]] static GraphAnswer no_content() {
    GraphAnswer answer;
    answer.status = 204;
    return answer;
  }
};

using GraphOutcome = GraphResult<GraphAnswer>;
using GraphBody = Task<GraphOutcome> (*)(const GraphCall& call);

// Which query options an operation understands; any other that is given is 400.
inline constexpr unsigned kSelectOption = 1U << 0U;
inline constexpr unsigned kFilterOption = 1U << 1U;
inline constexpr unsigned kSearchOption = 1U << 2U;
inline constexpr unsigned kOrderByOption = 1U << 3U;
inline constexpr unsigned kTopOption = 1U << 4U;
inline constexpr unsigned kCountOption = 1U << 5U;
inline constexpr unsigned kExpandOption = 1U << 6U;
inline constexpr unsigned kSkipTokenOption = 1U << 7U;
inline constexpr unsigned kIdOption = 1U << 8U;
inline constexpr unsigned kDeltaTokenOption = 1U << 9U;
inline constexpr unsigned kListOptions = kSelectOption | kFilterOption | kSearchOption |
                                         kOrderByOption | kTopOption | kCountOption |
                                         kExpandOption | kSkipTokenOption;

// What the body of a call is.
enum class GraphInput { none, object };

struct GraphOperation {
  std::string_view name;  // "list_users": in the audit, in tests
  HttpMethod method = HttpMethod::get;
  // "/users/{user}/memberOf": literals; {name} is a key in either style; {deviceId=} an alternate
  // key; "graph.device" a cast in either spelling.
  std::string_view path;
  NeededPermissions permissions;
  GraphBody run = nullptr;
  unsigned options = 0;
  GraphInput input = GraphInput::none;
  // The directory right that a person needs beside the delegated permission; none: reading, for
  // every member of the tenant.
  std::optional<AdminRight> right;
  // What the application permission is about: the guard lets an application act there and nowhere
  // else, whatever the call goes on to do.
  std::set<PermittedArea> areas{};
  bool free_on_oneself = false;  // the right is not needed where {user} is the caller
  WhenRolledBack when_rolled_back = WhenRolledBack::serves;
};

struct GraphCall : ApiCall {
  const GraphOperation* operation = nullptr;
  std::map<std::string, std::string, std::less<>> keys{};  // by the {name} of the operation's path
  QueryOptions options{};
  bool advanced = false;  // ConsistencyLevel: eventual, from the header or the page's token
  // Names in the spelling of the request; compare without case (GraphMembers).
  boost::json::object body{};
  GraphTrace trace{};
  bool is_about_caller = false;  // {user} is the caller

  [[nodiscard]] std::string_view key(std::string_view name) const {
    const auto found = keys.find(name);
    return found == keys.end() ? std::string_view{} : std::string_view{found->second};
  }
  // The permission of this call came to the application itself, and no person's roles limit it.
  [[nodiscard]] bool acts_by_permission() const { return acts_alone(caller); }
  // "https://host/v1.0"
  [[nodiscard]] std::string root() const { return context.base_url + "/v1.0"; }
  [[nodiscard]] std::string context_url(std::string_view fragment) const {
    return root() + "/$metadata#" + std::string{fragment};
  }
};

// Any one of these is needed for part of a call, such as one property of a PATCH.
[[nodiscard]] GraphResult<Done> need_permission(const GraphCall& call,
                                                const NeededPermissions& needed,
                                                std::string_view what);

}  // namespace curfew
