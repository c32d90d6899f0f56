// api/admin/admin_call.hpp: what every call of the administrator's API (/curfew/v1) begins and ends
// with: who is calling, what they may manage, JSON in, JSON or one kind of error out.
//
// Errors: {"error":{"code","message","requestId"}}; `code` is one of api/error_codes.hpp. The
// message is a sentence for the administrator.
#pragma once

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "api/admin_rights.hpp"
#include "api/api_call.hpp"
#include "base/result.hpp"
#include "io/http_types.hpp"
#include "model/audit.hpp"

namespace curfew {

// The members that the body of a call may have; an endpoint that names none takes no body. A
// member that nobody reads would be a wish that is silently not granted.
template <std::size_t kCount>
using BodyMembers = std::array<std::string_view, kCount>;
inline constexpr BodyMembers<0> kNoMembers{};

struct AdminCall : ApiCall {
  AdminRight right;  // that the endpoint asks for
  // Only members that the endpoint names; an empty body is an empty object.
  boost::json::object body;

  // A {placeholder} of the path; empty if the path has none of that name.
  [[nodiscard]] std::string value(std::string_view name) const;
  // A query parameter, decoded; nothing if absent. `invalid_argument` if repeated or malformed.
  [[nodiscard]] Result<std::optional<std::string>> parameter(std::string_view name) const;
};

struct AdminRefusal {
  HttpResponse response;
  // What the audit is told. Nothing where nobody knows who called: whoever has no credential of
  // ours writes nothing here.
  std::optional<AuditEvent> event;
};

// Authenticates and checks scope and right. The body is not read yet.
[[nodiscard]] std::variant<AdminCall, AdminRefusal> begin_admin_call(const ServerContext& context,
                                                                     RoutedRequest request,
                                                                     AdminRight right);

// The same, and a refusal is in the audit before it is answered (api/limits/refusal_meter.hpp
// bounds how many). The alternative is the whole answer.
[[nodiscard]] Task<std::variant<AdminCall, HttpResponse>> admit_admin_call(
    const ServerContext& context, RoutedRequest request, AdminRight right);

// The body as a JSON object. `invalid_argument` names a member that is not among `members`, and
// those that there are.
[[nodiscard]] Result<boost::json::object> read_body(std::string_view text,
                                                    std::span<const std::string_view> members);

[[nodiscard]] HttpResponse admin_answer(int status, const boost::json::value& body);
[[nodiscard]] HttpResponse admin_error(const Error& error, const std::string& request_id);

// What one call does once it was let in: the answer's JSON (null: no body, 204), or why not. `call`
// outlives the task.
using AdminBody = Task<Result<boost::json::value>> (*)(const AdminCall& call);

struct AdminSpec {
  AdminRight right;
  AdminBody run;
  int success_status = 200;
  std::span<const std::string_view> members;
};

// admit_admin_call(), read_body(), the body, and the answer with the success status.
[[nodiscard]] Task<HttpResponse> run_admin_call(const ServerContext& context, RoutedRequest request,
                                                AdminSpec spec);

// An endpoint of the router's table, made of a right, a body, and the members of its JSON.
template <AdminRight kRight, AdminBody kBody, const auto& kMembers = kNoMembers, int kStatus = 200>
[[nodiscard]] Task<HttpResponse> admin_endpoint(const ServerContext& context,
                                                RoutedRequest request) {
  return run_admin_call(context, std::move(request), {kRight, kBody, kStatus, kMembers});
}

// `limit` and `after` of a list call; `after` is the last id of the page before.
struct PageRequest {
  std::size_t limit = 0;
  std::string after;
};
[[nodiscard]] Result<PageRequest> page_of(const AdminCall& call);

}  // namespace curfew
