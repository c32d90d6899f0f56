// api/admin/admin_call.hpp: what every call of the administrator's API (/curfew/v1) begins and ends
// with: who is calling, what they may manage, JSON in, JSON or one kind of error out.
//
// Errors: {"error":{"code","message","requestId"}}; `code` is an ErrorCode's word, or a guard
// rule's name. The message is a sentence for the administrator.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "api/authn.hpp"
#include "api/context.hpp"
#include "api/router.hpp"
#include "base/result.hpp"
#include "io/http_types.hpp"
#include "store/store.hpp"

namespace curfew {

// What a call is about; each is held by some directory roles. Taking access away is guarded
// further, per subject, in revocation/guard.hpp.
enum class AdminRight {
  read_directory,
  manage_users,
  manage_roles,
  manage_groups,
  manage_apps,
  manage_devices,
  read_revocations,
  revoke,  // begin a run; the guard decides about the subject
};

struct AdminCall {
  const ServerContext& context;
  RoutedRequest request;
  Caller caller;

  [[nodiscard]] const Actor& actor() const { return caller.actor; }
  [[nodiscard]] const TenantId& tenant_id() const { return context.tenant_id; }
  // A {placeholder} of the path; empty if the path has none of that name.
  [[nodiscard]] std::string value(std::string_view name) const;
  // A query parameter, decoded; nothing if absent. `invalid_argument` if repeated or malformed.
  [[nodiscard]] Result<std::optional<std::string>> parameter(std::string_view name) const;
  // The body as a JSON object; an empty body is an empty object.
  [[nodiscard]] Result<boost::json::object> body() const;
};

// Authenticates and checks the right. The alternative is the whole answer.
[[nodiscard]] std::variant<AdminCall, HttpResponse> begin_admin_call(const ServerContext& context,
                                                                     RoutedRequest request,
                                                                     AdminRight right);

[[nodiscard]] bool holds_right(const Actor& actor, AdminRight right);

// Whether the caller still is who begin_admin_call() let in: the credential is live, and every role
// that it came with is still held.
[[nodiscard]] Status check_caller(ReadTx& tx, const AdminCall& call);

// A write that gives or changes something. A call may wait, for a password's hash or in the store's
// queue, while its caller's own access is taken away: check_caller() comes first in the
// transaction, so that nothing is given after the cut by somebody who was cut off.
[[nodiscard]] Task<Result<Done>> write_as_caller(const AdminCall& call,
                                                 std::function<Result<Done>(WriteTx&)> body);

[[nodiscard]] HttpResponse admin_answer(int status, const boost::json::value& body);
[[nodiscard]] HttpResponse admin_error(const Error& error, const std::string& request_id);

// What one call does once it was let in: the answer's JSON (null: no body, 204), or why not. `call`
// outlives the task.
using AdminBody = Task<Result<boost::json::value>> (*)(const AdminCall& call);

// begin_admin_call(), the body, and the answer with `success_status`.
[[nodiscard]] Task<HttpResponse> run_admin_call(const ServerContext& context, RoutedRequest request,
                                                AdminRight right, AdminBody body,
                                                int success_status);

// An endpoint of the router's table, made of a right and a body.
template <AdminRight kRight, AdminBody kBody, int kStatus = 200>
[[nodiscard]] Task<HttpResponse> admin_endpoint(const ServerContext& context,
                                                RoutedRequest request) {
  return run_admin_call(context, std::move(request), kRight, kBody, kStatus);
}

// `limit` and `after` of a list call; `after` is the last id of the page before.
struct PageRequest {
  std::size_t limit = 0;
  std::string after;
};
[[nodiscard]] Result<PageRequest> page_of(const AdminCall& call);

}  // namespace curfew
