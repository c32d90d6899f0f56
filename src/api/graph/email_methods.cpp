#include <boost/json.hpp>
#include <utility>

#include "api/directory/email_methods.hpp"
#include "api/graph/authentication_methods.hpp"
#include "api/graph/entity.hpp"
#include "api/graph/graph_members.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/graph/user_entity.hpp"
#include "base/text.hpp"
#include "store/schema_password_reset.hpp"

// /users/{id}/authentication/emailMethods: where a person's reset of their own password is sent.

namespace curfew {

namespace {

using M = HttpMethod;
using R = AdminRight;

// The same for everybody, in every directory: a person has one at most.
constexpr std::string_view kEmailMethodId = "3ddfcfc8-9383-446f-83cc-3ab9be4be18f";

constexpr NeededPermissions kReadsEmail{
    "UserAuthMethod-Email.Read.All UserAuthMethod-Email.ReadWrite.All "
    "UserAuthenticationMethod.Read.All UserAuthenticationMethod.ReadWrite.All",
    "UserAuthMethod-Email.Read.All UserAuthMethod-Email.ReadWrite.All "
    "UserAuthenticationMethod.Read.All UserAuthenticationMethod.ReadWrite.All",
    "UserAuthMethod-Email.Read UserAuthMethod-Email.ReadWrite UserAuthenticationMethod.Read "
    "UserAuthenticationMethod.ReadWrite"};
constexpr NeededPermissions kWritesEmail{
    "UserAuthMethod-Email.ReadWrite.All UserAuthenticationMethod.ReadWrite.All",
    "UserAuthMethod-Email.ReadWrite.All UserAuthenticationMethod.ReadWrite.All",
    "UserAuthMethod-Email.ReadWrite UserAuthenticationMethod.ReadWrite"};

GraphResult<std::optional<EmailMethod>> method_of(const GraphCall& call, const User& user) {
  const auto method = read_value<std::optional<EmailMethod>>(call.context.store, [&](ReadTx& tx) {
    return load<EmailMethod>(tx, call.tenant_id(), user.id);
  });
  if (!method.ok()) return method.error();
  return *method;
}

// The person whose email method {method} is; 404 where it is none.
GraphResult<User> owner_of_email(const GraphCall& call) {
  CURFEW_TRY(User user, user_of(call));
  if (is_email_method(call.key("method"))) return user;
  return GraphError::not_found(call.key("method"));
}

Task<GraphOutcome> list_email_methods(const GraphCall& call) {
  CURFEW_CO_TRY(const User user, user_of(call));
  CURFEW_CO_TRY(const auto shown, email_method_json(call, user));
  boost::json::array value;
  if (shown) value.push_back(*shown);
  co_return list_answer(call, user, "emailMethods", std::move(value));
}

Task<GraphOutcome> show_email_method(const GraphCall& call) {
  CURFEW_CO_TRY(const User user, owner_of_email(call));
  CURFEW_CO_TRY(auto shown, email_method_json(call, user));
  if (!shown) co_return GraphError::not_found(call.key("method"));
  co_return method_answer(call, user, "emailMethods", std::move(*shown));
}

GraphResult<std::string> address_in(const GraphCall& call) {
  GraphMembers members{call.body};
  CURFEW_TRY(const auto address, members.text("emailAddress"));
  static_cast<void>(members.take("id"));
  static_cast<void>(members.take("createdDateTime"));
  CURFEW_TRY_STATUS(members.nothing_else("emailAuthenticationMethod"));
  if (!address) return GraphError::bad_request("emailAddress is required.");
  return *address;
}

Task<GraphOutcome> add_email_method(const GraphCall& call) {
  CURFEW_CO_TRY(const std::string address, address_in(call));
  CURFEW_CO_TRY(const User user, user_of(call));
  const auto made = co_await set_email_method(call, user.id, address, SetMethod::add);
  if (!made.ok()) co_return made.error();
  CURFEW_CO_TRY(auto shown, email_method_json(call, user));
  if (!shown) co_return GraphError::not_found(kEmailMethodId);
  GraphAnswer answer = method_answer(call, user, "emailMethods", std::move(*shown));
  answer.status = 201;
  answer.headers.emplace_back("Location", call.root() + "/users/" + user.id.str() +
                                              "/authentication/emailMethods/" +
                                              std::string{kEmailMethodId});
  co_return answer;
}

Task<GraphOutcome> change_email_method(const GraphCall& call) {
  CURFEW_CO_TRY(const std::string address, address_in(call));
  CURFEW_CO_TRY(const User user, owner_of_email(call));
  const auto made = co_await set_email_method(call, user.id, address, SetMethod::replace);
  if (!made.ok()) co_return made.error();
  co_return GraphAnswer::no_content();
}

Task<GraphOutcome> delete_email_method(const GraphCall& call) {
  CURFEW_CO_TRY(const User user, owner_of_email(call));
  const Status removed = co_await remove_email_method(call, user.id);
  if (!removed.ok()) co_return removed.error();
  co_return GraphAnswer::no_content();
}

GraphOperation writing(std::string_view name, M method, std::string_view path, GraphBody run) {
  return {
      .name = name,
      .method = method,
      .path = path,
      .permissions = kWritesEmail,
      .run = run,
      .input = method == M::delete_ ? GraphInput::none : GraphInput::object,
      .right = R::revoke,
      .areas = {PermittedArea::users},
      .free_on_oneself = true,
      .when_rolled_back = method == M::delete_ ? WhenRolledBack::serves : WhenRolledBack::refuses};
}

}  // namespace

GraphResult<std::optional<boost::json::object>> email_method_json(const GraphCall& call,
                                                                  const User& user) {
  CURFEW_TRY(const auto method, method_of(call, user));
  if (!method) return std::optional<boost::json::object>{};
  return std::optional<boost::json::object>{
      boost::json::object{{"id", kEmailMethodId},
                          {"createdDateTime", graph_time(method->created_at)},
                          {"emailAddress", method->email_address}}};
}

bool is_email_method(std::string_view id) { return ascii_iequals(id, kEmailMethodId); }

std::vector<GraphOperation> email_method_operations() {
  constexpr std::string_view kAll = "/users/{user}/authentication/emailMethods";
  constexpr std::string_view kOne = "/users/{user}/authentication/emailMethods/{method}";
  return {authentication_reading("list_email_methods", kAll, &list_email_methods, kReadsEmail),
          authentication_reading("show_email_method", kOne, &show_email_method, kReadsEmail),
          writing("add_email_method", M::post, kAll, &add_email_method),
          writing("change_email_method", M::patch, kOne, &change_email_method),
          writing("delete_email_method", M::delete_, kOne, &delete_email_method)};
}

}  // namespace curfew
