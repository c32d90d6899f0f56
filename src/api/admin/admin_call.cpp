#include "api/admin/admin_call.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <vector>

#include "api/error_codes.hpp"
#include "api/step_up/step_up.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "protocol/http/form.hpp"
#include "protocol/json/json.hpp"
#include "revocation/guard.hpp"

namespace curfew {

namespace {

// The scope that a delegated token or an API key must carry to manage anything here.
constexpr std::string_view kManageScope = "manage";

bool scope_suffices(const Caller& caller) {
  return caller.actor.kind == ActorKind::local_root ||
         std::find(caller.scopes.begin(), caller.scopes.end(), kManageScope) != caller.scopes.end();
}

HttpResponse error_answer(int status, std::string_view code, const Error& error,
                          const std::string& request_id) {
  return admin_answer(
      status, boost::json::object{{"error", boost::json::object{{"code", code},
                                                                {"message", error.message()},
                                                                {"retry", to_string(error.retry())},
                                                                {"requestId", request_id}}}});
}

std::string audit_action_of(AdminRight right) { return "api." + std::string{to_string(right)}; }

// A caller whom we know, and who may not. `rule`: also the error's code.
AdminRefusal refuse_caller(const Actor& actor, AdminRight right, const RoutedRequest& request,
                           std::string_view rule, std::string sentence) {
  const Error error{ErrorCode::denied, Retry::after_human, std::move(sentence)};
  return {error_answer(http_status_of(error.code()), rule, error, request.request_id),
          refusal_event(actor, audit_action_of(right), request, rule)};
}

}  // namespace

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

Result<boost::json::object> read_body(std::string_view text,
                                      std::span<const std::string_view> members) {
  if (text.empty()) return boost::json::object{};
  CURFEW_TRY(boost::json::object body, parse_json_object(text));
  for (const auto& member : body) {
    const std::string_view name{member.key()};
    if (std::ranges::find(members, name) != members.end()) continue;
    const std::vector<std::string> known{members.begin(), members.end()};
    return Error::permanent(
        ErrorCode::invalid_argument,
        "there is no member \"" + escape_for_display(name) + "\" here; " +
            (known.empty() ? "this call takes none" : "there are " + join(known, ", ")));
  }
  return body;
}

std::variant<AdminCall, AdminRefusal> begin_admin_call(const ServerContext& context,
                                                       RoutedRequest request, AdminRight right) {
  auto caller = authenticate(context, request, kAdminApiResource);
  if (auto* refusal = std::get_if<HttpResponse>(&caller)) {
    return AdminRefusal{std::move(*refusal), std::nullopt};
  }
  Caller& known = std::get<Caller>(caller);
  if (!scope_suffices(known)) {
    return refuse_caller(known.actor, right, request, error_code::kMissingScope,
                         "the credential does not carry the scope api://curfew/manage, which an "
                         "administrator permits an application to ask for");
  }
  if (!holds_right(known.actor, right)) {
    return refuse_caller(known.actor, right, request, error_code::kMissingRight,
                         missing_right_sentence(known.actor, right));
  }
  return AdminCall{
      {context, std::move(request), std::move(known), audit_action_of(right)}, right, {}};
}

Task<std::variant<AdminCall, HttpResponse>> admit_admin_call(const ServerContext& context,
                                                             RoutedRequest request,
                                                             AdminRight right) {
  using Admitted = std::variant<AdminCall, HttpResponse>;
  auto begun = begin_admin_call(context, std::move(request), right);
  if (auto* call = std::get_if<AdminCall>(&begun)) co_return Admitted{std::move(*call)};
  AdminRefusal& refusal = std::get<AdminRefusal>(begun);
  if (refusal.event) co_await record_refusal(context, std::move(*refusal.event));
  co_return Admitted{std::move(refusal.response)};
}

namespace {

std::optional<Denial> check_sign_in(const AdminCall& call) {
  const EndpointSpec* const endpoint = call.request.endpoint;
  if (endpoint == nullptr) return std::nullopt;
  return check_recent_sign_in(call.context, call.caller,
                              {endpoint->name, endpoint->when_rolled_back, call.body});
}

}  // namespace

Task<HttpResponse> run_admin_call(const ServerContext& context, RoutedRequest request,
                                  AdminSpec spec) {
  auto begun = co_await admit_admin_call(context, std::move(request), spec.right);
  if (auto* refusal = std::get_if<HttpResponse>(&begun)) co_return std::move(*refusal);
  AdminCall& call = std::get<AdminCall>(begun);
  Result<boost::json::object> body = read_body(call.request.http.body, spec.members);
  if (!body.ok()) co_return admin_error(body.error(), call.request.request_id);
  call.body = std::move(*body);
  if (const auto denial = check_sign_in(call)) {
    co_return denial_answer(context, call.request, *denial);
  }
  const Result<boost::json::value> answer = co_await spec.run(call);
  if (!answer.ok()) co_return admin_error(answer.error(), call.request.request_id);
  if (answer->is_null()) co_return HttpResponse::empty(204);
  co_return admin_answer(spec.success_status, *answer);
}

HttpResponse admin_answer(int status, const boost::json::value& body) {
  HttpResponse response = HttpResponse::json(status, serialize_json(body));
  response.headers.add("Cache-Control", "no-store");
  return response;
}

HttpResponse admin_error(const Error& error, const std::string& request_id) {
  const auto rule = guard_rule_of(error);
  const std::string_view code = rule ? to_string(*rule) : to_string(error.code());
  return error_answer(http_status_of(error.code()), code, error, request_id);
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
