#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <utility>

#include "api/changes/delta_page.hpp"
#include "api/changes/listed_permissions.hpp"
#include "api/graph/graph_operations.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "protocol/odata/filter.hpp"
#include "store/change_log.hpp"

// /users/delta and the like: what is new since a client asked last.

namespace curfew {

namespace {

constexpr std::string_view kLatest = "latest";

// "users" of "/users/delta".
std::string_view collection_of(const GraphCall& call) {
  const std::string_view path = call.operation->path;
  return path.substr(1, path.rfind('/') - 1);
}

std::string link_to(const GraphCall& call, std::string_view option, std::string_view token) {
  return call.root() + std::string{call.operation->path} + "?" + std::string{option} + "=" +
         std::string{token};
}

GraphError begin_anew(const GraphCall& call, std::string_view code, std::string message) {
  GraphError error{410, code, std::move(message)};
  error.location = link_to(call, "$deltatoken", "");
  return error;
}

// "id eq '1' or id eq '2'".
GraphResult<Done> read_ids(const FilterNode& node, std::vector<std::string>& ids) {
  if (node.kind == FilterKind::disjunction) {
    for (const FilterNode& child : node.children) {
      CURFEW_TRY_STATUS(read_ids(child, ids));
    }
    return Done{};
  }
  const bool is_id = node.kind == FilterKind::eq && !node.path.counts &&
                     node.path.segments.size() == 1 &&
                     ascii_iequals(node.path.segments.front(), "id");
  if (!is_id) {
    return GraphError{400, graph_code::kUnsupportedQuery,
                      "The $filter of a delta query is \"id eq '...'\", or several of them "
                      "joined by or."};
  }
  ids.push_back(ascii_lower(node.literals.front().text));
  if (ids.size() <= limits::kDeltaIdsMax) return Done{};
  return GraphError::bad_request("The $filter of a delta query names at most " +
                                 std::to_string(limits::kDeltaIdsMax) + " ids.");
}

bool prefers_minimal(const GraphCall& call) {
  for (const auto& value : call.request.http.headers_all("Prefer")) {
    if (ascii_lower(value).find("return=minimal") != std::string::npos) return true;
  }
  return false;
}

GraphResult<DeltaToken> first_token(const GraphCall& call, std::string_view collection) {
  DeltaToken token;
  token.collection = collection;
  token.select = call.options.select;
  token.is_minimal = prefers_minimal(call);
  token.is_listing = true;
  if (call.options.top) token.page_size = static_cast<std::int64_t>(*call.options.top);
  if (call.options.filter) {
    const auto parsed = parse_filter(*call.options.filter);
    if (!parsed.ok()) return GraphError{400, graph_code::kMalformedQuery, parsed.error().message()};
    CURFEW_TRY_STATUS(read_ids(*parsed, token.ids));
    // Ids of grants are no GUIDs: their case counts.
    if (collection == "oauth2PermissionGrants") {
      return GraphError{400, graph_code::kUnsupportedQuery,
                        "$filter is not supported in a delta query of oauth2PermissionGrants."};
    }
    std::ranges::sort(token.ids);
    const auto twice = std::ranges::unique(token.ids);
    token.ids.erase(twice.begin(), twice.end());
  }
  const auto newest = read_value<std::int64_t>(
      call.context.store, [&](ReadTx& tx) { return newest_change(tx, call.tenant_id()); });
  if (!newest.ok()) return newest.error();
  token.known_up_to = *newest;
  return token;
}

GraphResult<DeltaToken> given_token(const GraphCall& call, std::string_view collection,
                                    const std::string& text) {
  ReadDeltaToken read = read_delta_token(call.context, collection, text);
  if (read.state == DeltaTokenState::too_old) {
    return begin_anew(call, graph_code::kStateNotFound,
                      "The delta token is older than seven days. Begin the query again without a "
                      "token.");
  }
  if (read.state == DeltaTokenState::not_ours) {
    return begin_anew(call, graph_code::kResyncRequired,
                      "The delta token is not one of this query's, or was changed. Begin the query "
                      "again without a token.");
  }
  const auto can_go_on = read_value<bool>(call.context.store, [&](ReadTx& tx) {
    return can_go_on_from(tx, call.tenant_id(), read.token.known_up_to);
  });
  if (!can_go_on.ok()) return can_go_on.error();
  if (*can_go_on) return std::move(read.token);
  return begin_anew(call, graph_code::kStateNotFound,
                    "The changes after this delta token are not kept any more. Begin the query "
                    "again without a token.");
}

GraphResult<DeltaToken> token_of(const GraphCall& call, std::string_view collection) {
  const QueryOptions& options = call.options;
  if (options.skip_token) return given_token(call, collection, *options.skip_token);
  const std::string given = options.delta_token.value_or("");
  const bool is_latest = ascii_iequals(given, kLatest);
  if (!given.empty() && !is_latest) return given_token(call, collection, given);
  CURFEW_TRY(DeltaToken token, first_token(call, collection));
  if (is_latest) token.is_listing = false;
  return token;
}

Task<GraphOutcome> delta(const GraphCall& call) {
  const std::string_view collection = collection_of(call);
  CURFEW_CO_TRY(DeltaToken token, token_of(call, collection));
  const auto kinds = delta_kinds(call, collection);
  GraphResult<Done> selected = Done{};
  std::size_t refused = 0;
  for (const auto& kind : kinds) {
    const GraphResult<Done> one = kind->select(token.select);
    if (!one.ok()) {
      ++refused;
      selected = one.error();
    }
  }
  // Of several kinds each has properties of its own.
  if (refused > 0 && (kinds.size() == 1 || refused == kinds.size())) co_return selected.error();
  CURFEW_CO_TRY(DeltaPage page, read_delta_page(call, kinds, token));
  boost::json::object body{{"@odata.context", call.context_url(collection)}};
  const bool prefers = prefers_minimal(call);
  const std::string text = to_text(call.context, page.next);
  body[page.is_end ? "@odata.deltaLink" : "@odata.nextLink"] =
      link_to(call, page.is_end ? "$deltatoken" : "$skiptoken", text);
  body["value"] = std::move(page.value);
  GraphAnswer answer = GraphAnswer::json(std::move(body));
  if (prefers) answer.headers.emplace_back("Preference-Applied", "return=minimal");
  co_return answer;
}

// As whoever may list the same objects.
GraphOperation delta_of(std::string_view collection, std::string_view name, std::string_view path,
                        unsigned more_options) {
  GraphOperation operation;
  operation.name = name;
  operation.path = path;
  operation.permissions = listing_permissions(collection);
  operation.run = &delta;
  operation.options =
      kSelectOption | kFilterOption | kSkipTokenOption | kDeltaTokenOption | more_options;
  return operation;
}

}  // namespace

std::vector<GraphOperation> delta_operations() {
  return {
      delta_of("users", "delta_users", "/users/delta", 0),
      delta_of("groups", "delta_groups", "/groups/delta", 0),
      delta_of("devices", "delta_devices", "/devices/delta", kTopOption),
      delta_of("directoryRoles", "delta_directory_roles", "/directoryRoles/delta", kTopOption),
      delta_of("servicePrincipals", "delta_service_principals", "/servicePrincipals/delta",
               kTopOption),
      delta_of("applications", "delta_applications", "/applications/delta", kTopOption),
      delta_of("oauth2PermissionGrants", "delta_permission_grants", "/oauth2PermissionGrants/delta",
               kTopOption),
      delta_of("directoryObjects", "delta_directory_objects", "/directoryObjects/delta",
               kTopOption),
  };
}

}  // namespace curfew
