#include "api/admin/admin_call.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <initializer_list>

#include "access/liveness.hpp"
#include "base/limits.hpp"
#include "io/runtime.hpp"
#include "protocol/http/form.hpp"
#include "protocol/json/json.hpp"
#include "revocation/guard.hpp"
#include "revocation/membership.hpp"

namespace curfew {

namespace {

// The scope that a delegated token or an API key must carry to manage anything here.
constexpr std::string_view kManageScope = "manage";

bool has_any(const std::set<Role>& roles, std::initializer_list<Role> wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&](Role role) { return roles.contains(role); });
}

bool role_gives(const std::set<Role>& roles, AdminRight right) {
  using R = Role;
  switch (right) {
    case AdminRight::read_directory: return !roles.empty();
    case AdminRight::manage_users: return has_any(roles, {R::user_administrator});
    case AdminRight::manage_roles: return has_any(roles, {R::privileged_role_administrator});
    case AdminRight::manage_groups:
      return has_any(roles, {R::groups_administrator, R::user_administrator});
    case AdminRight::manage_apps:
      return has_any(roles, {R::application_administrator, R::cloud_application_administrator});
    case AdminRight::manage_devices:
      return has_any(roles, {R::cloud_device_administrator, R::intune_administrator});
    case AdminRight::read_revocations:
      return has_any(roles, {R::security_reader, R::security_operator, R::security_administrator,
                             R::global_reader}) ||
             role_gives(roles, AdminRight::revoke);
    case AdminRight::revoke:
      return has_any(roles,
                     {R::privileged_authentication_administrator, R::authentication_administrator,
                      R::user_administrator, R::helpdesk_administrator, R::password_administrator});
  }
  CURFEW_CHECK(false);
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument: return 400;
    case ErrorCode::unauthenticated: return 401;
    case ErrorCode::denied: return 403;
    case ErrorCode::not_found: return 404;
    case ErrorCode::conflict: return 409;
    case ErrorCode::exhausted: return 503;
    case ErrorCode::unavailable: return 503;
    case ErrorCode::timeout: return 504;
    case ErrorCode::protocol: return 502;
    case ErrorCode::corrupted: return 500;
    case ErrorCode::internal: return 500;
  }
  CURFEW_CHECK(false);
}

bool scope_suffices(const Caller& caller) {
  return caller.actor.kind == ActorKind::local_root ||
         std::find(caller.scopes.begin(), caller.scopes.end(), kManageScope) != caller.scopes.end();
}

}  // namespace

bool holds_right(const Actor& actor, AdminRight right) {
  return actor.roles.contains(Role::global_administrator) || role_gives(actor.roles, right);
}

std::string AdminCall::value(std::string_view name) const {
  const auto found = request.values.find(name);
  return found == request.values.end() ? std::string{} : found->second;
}

Result<std::optional<std::string>> AdminCall::parameter(std::string_view name) const {
  CURFEW_TRY(const Form query, parse_form(request.http.query()));
  if (query.count(name) > 1) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "the parameter " + std::string{name} + " is given twice");
  }
  const auto value = query.single(name);
  return value ? std::optional{std::string{*value}} : std::nullopt;
}

Result<boost::json::object> AdminCall::body() const {
  if (request.http.body.empty()) return boost::json::object{};
  return parse_json_object(request.http.body);
}

std::variant<AdminCall, HttpResponse> begin_admin_call(const ServerContext& context,
                                                       RoutedRequest request, AdminRight right) {
  auto caller = authenticate(context, request, kAdminApiResource);
  if (auto* refusal = std::get_if<HttpResponse>(&caller)) return std::move(*refusal);
  Caller& known = std::get<Caller>(caller);
  if (!scope_suffices(known)) {
    return admin_error(Error{ErrorCode::denied, Retry::after_human,
                             "the credential does not carry the scope api://curfew/manage"},
                       request.request_id);
  }
  if (!holds_right(known.actor, right)) {
    return admin_error(
        Error{ErrorCode::denied, Retry::after_human,
              "none of the directory roles of " + known.actor.display_name + " allows this"},
        request.request_id);
  }
  return AdminCall{context, std::move(request), std::move(known)};
}

Status check_caller(ReadTx& tx, const AdminCall& call) {
  if (!call.caller.facts) return Done{};  // the local socket: the machine's own root
  CURFEW_TRY(const Verdict verdict,
             verdict_in(tx, call.context.journal, *call.caller.facts, call.context.clock.now()));
  if (verdict != Verdict::live) {
    return Error{ErrorCode::unauthenticated, Retry::after_human,
                 "the caller's own access was taken away in the meantime"};
  }
  CURFEW_TRY(const HeldRoles held, held_roles(tx, call.tenant_id(), call.actor().id));
  const std::set<Role>& came_with = call.actor().roles;
  if (!std::ranges::includes(held.built_in, came_with)) {
    return Error{ErrorCode::denied, Retry::after_human,
                 "a directory role of the caller was taken away in the meantime"};
  }
  return Done{};
}

Task<Result<Done>> write_as_caller(const AdminCall& call,
                                   std::function<Result<Done>(WriteTx&)> body) {
  std::function<Result<Done>(WriteTx&)> guarded = [&call, body = std::move(body)](WriteTx& tx) {
    const Status stands = check_caller(tx, call);
    return stands.ok() ? body(tx) : Result<Done>{stands.error()};
  };
  Result<Done> written = co_await write_value<Done>(call.context.store, current_executor(),
                                                    Urgency::normal, std::move(guarded));
  co_return written;
}

Task<HttpResponse> run_admin_call(const ServerContext& context, RoutedRequest request,
                                  AdminRight right, AdminBody body, int success_status) {
  auto begun = begin_admin_call(context, std::move(request), right);
  if (auto* refusal = std::get_if<HttpResponse>(&begun)) co_return std::move(*refusal);
  const AdminCall& call = std::get<AdminCall>(begun);
  const Result<boost::json::value> answer = co_await body(call);
  if (!answer.ok()) co_return admin_error(answer.error(), call.request.request_id);
  if (answer->is_null()) co_return HttpResponse::empty(204);
  co_return admin_answer(success_status, *answer);
}

HttpResponse admin_answer(int status, const boost::json::value& body) {
  HttpResponse response = HttpResponse::json(status, serialize_json(body));
  response.headers.add("Cache-Control", "no-store");
  return response;
}

HttpResponse admin_error(const Error& error, const std::string& request_id) {
  const auto rule = guard_rule_of(error);
  const std::string_view code = rule ? to_string(*rule) : to_string(error.code());
  return admin_answer(
      status_of(error.code()),
      boost::json::object{{"error", boost::json::object{{"code", code},
                                                        {"message", error.message()},
                                                        {"retry", to_string(error.retry())},
                                                        {"requestId", request_id}}}});
}

Result<PageRequest> page_of(const AdminCall& call) {
  PageRequest page{limits::kPageSizeDefault, ""};
  CURFEW_TRY(const auto limit, call.parameter("limit"));
  if (limit) {
    const char* const end = limit->data() + limit->size();
    const auto [stop, error] = std::from_chars(limit->data(), end, page.limit);
    if (error != std::errc{} || stop != end || page.limit == 0 ||
        page.limit > limits::kPageSizeMax) {
      return Error::permanent(ErrorCode::invalid_argument, "limit is a number from 1 to 999");
    }
  }
  CURFEW_TRY(const auto after, call.parameter("after"));
  page.after = after.value_or("");
  return page;
}

}  // namespace curfew
