#include "api/graph/authentication_methods.hpp"

#include <array>
#include <boost/json.hpp>
#include <utility>

#include "api/directory/user_changes.hpp"
#include "api/graph/entity.hpp"
#include "api/graph/graph_members.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/graph/user_entity.hpp"
#include "api/limits/sign_in_throttle.hpp"
#include "api/sign_in/new_password.hpp"
#include "base/text.hpp"
#include "crypto/password_hash.hpp"
#include "crypto/random.hpp"
#include "io/offload_pool.hpp"
#include "io/runtime.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"

// /users/{id}/authentication: how a person signs in. This directory knows passwords, and email
// methods (email_methods.cpp); the collections of the other kinds are there, and empty.

namespace curfew {

namespace {

using M = HttpMethod;
using R = AdminRight;

// The same for everybody, in every directory.
constexpr std::string_view kPasswordMethodId = "28c10230-6103-485e-b985-444c60001490";
constexpr std::size_t kGeneratedBytes = 15;  // 20 characters

constexpr std::string_view kReadMethods =
    "UserAuthenticationMethod.Read.All UserAuthenticationMethod.ReadWrite.All";
constexpr std::string_view kReadPasswords =
    "UserAuthenticationMethod.Read.All UserAuthenticationMethod.ReadWrite.All "
    "UserAuthMethod-Password.Read.All UserAuthMethod-Password.ReadWrite.All";
constexpr NeededPermissions kReadsMethods{kReadMethods, kReadMethods, ""};
constexpr NeededPermissions kReadsPasswords{kReadPasswords, kReadPasswords, ""};
constexpr NeededPermissions kDeletesMethods{"UserAuthenticationMethod.ReadWrite.All",
                                            "UserAuthenticationMethod.ReadWrite.All", ""};
// Never an application by itself: it sets passwordProfile of the person instead.
constexpr NeededPermissions kResets{
    "UserAuthenticationMethod.ReadWrite.All UserAuthMethod-Password.ReadWrite.All", "", ""};
constexpr NeededPermissions kReadsOperations{kReadPasswords, "", ""};
constexpr NeededPermissions kChangesOwn{
    "", "", "User.ReadWrite Directory.AccessAsUser.All UserAuthMethod-Password.ReadWrite.All"};

boost::json::object show_password(const User& user) {
  const TimePoint at = user.last_password_change_at.value_or(user.created_at);
  return {{"id", kPasswordMethodId}, {"password", nullptr}, {"createdDateTime", graph_time(at)}};
}

std::string fragment_of(const User& user, std::string_view collection) {
  return "users('" + user.id.str() + "')/authentication/" + std::string{collection};
}

boost::json::object with_type(std::string_view type, boost::json::object members) {
  boost::json::object shown{{"@odata.type", "#microsoft.graph." + std::string{type}}};
  for (auto& member : members) shown[member.key()] = std::move(member.value());
  return shown;
}

Task<GraphOutcome> list_methods(const GraphCall& call) {
  CURFEW_CO_TRY(const User user, user_of(call));
  CURFEW_CO_TRY(auto email, email_method_json(call, user));
  boost::json::array value;
  if (user.password_hash) {
    value.push_back(with_type("passwordAuthenticationMethod", show_password(user)));
  }
  if (email) value.push_back(with_type("emailAuthenticationMethod", std::move(*email)));
  co_return list_answer(call, user, "methods", std::move(value));
}

Task<GraphOutcome> list_password_methods(const GraphCall& call) {
  CURFEW_CO_TRY(const User user, user_of(call));
  boost::json::array value;
  if (user.password_hash) value.push_back(show_password(user));
  co_return list_answer(call, user, "passwordMethods", std::move(value));
}

// The person whose password {method} is; 404 where it is none.
GraphResult<User> owner_of_method(const GraphCall& call) {
  CURFEW_TRY(User user, user_of(call));
  const bool is_theirs = user.password_hash && ascii_iequals(call.key("method"), kPasswordMethodId);
  if (!is_theirs) return GraphError::not_found(call.key("method"));
  return user;
}

Task<GraphOutcome> show_method(const GraphCall& call) {
  if (is_email_method(call.key("method"))) {
    CURFEW_CO_TRY(const User user, user_of(call));
    CURFEW_CO_TRY(auto email, email_method_json(call, user));
    if (!email) co_return GraphError::not_found(call.key("method"));
    co_return method_answer(call, user, "methods",
                            with_type("emailAuthenticationMethod", std::move(*email)));
  }
  CURFEW_CO_TRY(const User user, owner_of_method(call));
  co_return method_answer(call, user, "methods",
                          with_type("passwordAuthenticationMethod", show_password(user)));
}

Task<GraphOutcome> show_password_method(const GraphCall& call) {
  CURFEW_CO_TRY(const User user, owner_of_method(call));
  co_return method_answer(call, user, "passwordMethods", show_password(user));
}

// --- kinds that this directory does not know

Task<GraphOutcome> list_unknown_kind(const GraphCall& call) {
  CURFEW_CO_TRY(const User user, user_of(call));
  const std::string_view path = call.operation->path;
  co_return list_answer(call, user, path.substr(path.rfind('/') + 1), {});
}

Task<GraphOutcome> no_such_method(const GraphCall& call) {
  CURFEW_CO_TRY(const User user, user_of(call));
  co_return GraphError::not_found(call.key("method"));
}

// --- resetPassword

// A reset is done when it is answered. Its id is that of the password which it set, so that a
// later change has the older operation gone.
std::string operation_url(const GraphCall& call, const User& user) {
  return call.root() + "/users/" + user.id.str() + "/authentication/operations/" + user.password_id;
}

GraphResult<std::optional<std::string>> wanted_password(const GraphCall& call) {
  GraphMembers members{call.body};
  CURFEW_TRY(auto wanted, members.nullable_text("newPassword"));
  CURFEW_TRY_STATUS(members.nothing_else("passwordResetResponse"));
  std::optional<std::string> password = wanted ? *wanted : std::nullopt;
  if (password && password->empty()) password.reset();
  return password;
}

Task<GraphOutcome> reset_password(const GraphCall& call) {
  CURFEW_CO_TRY(const std::optional<std::string> given, wanted_password(call));
  CURFEW_CO_TRY(const User user, user_of(call));
  if (!ascii_iequals(call.key("method"), kPasswordMethodId)) {
    co_return GraphError::not_found(call.key("method"));
  }
  if (given) {
    CURFEW_CO_TRY_STATUS(check_given_password(*given, user));
  }
  const std::string password = given ? *given : random_token(kGeneratedBytes);
  const auto done =
      co_await reset_password_of(call, user.id, Secret{std::string_view{password}}, true);
  if (!done.ok()) co_return done.error();
  CURFEW_CO_TRY(const User changed, user_of(call));
  boost::json::object body{
      {"@odata.context", call.root() + "/$metadata#microsoft.graph.passwordResetResponse"}};
  if (!given) body["newPassword"] = password;
  GraphAnswer answer = GraphAnswer::json(std::move(body), 202);
  answer.headers.emplace_back("Location", operation_url(call, changed));
  co_return answer;
}

Task<GraphOutcome> show_operation(const GraphCall& call) {
  CURFEW_CO_TRY(const User user, user_of(call));
  if (call.key("operation") != user.password_id) {
    co_return GraphError::not_found(call.key("operation"));
  }
  const std::string at = graph_time(user.last_password_change_at.value_or(user.created_at));
  co_return GraphAnswer::json(boost::json::object{
      {"@odata.context", call.context_url(fragment_of(user, "operations") + "/$entity")},
      {"id", user.password_id},
      {"createdDateTime", at},
      {"lastActionDateTime", at},
      {"resourceLocation", call.root() + "/users/" + user.id.str() + "/authentication/methods/" +
                               std::string{kPasswordMethodId}},
      {"status", "succeeded"},
      {"statusDetail", nullptr}});
}

// --- changePassword: by oneself, with the old one

struct OwnChange {
  std::string current;
  std::string wanted;
};

GraphResult<OwnChange> read_own_change(const GraphCall& call, const User& user) {
  GraphMembers members{call.body};
  CURFEW_TRY(const auto current, members.text("currentPassword"));
  CURFEW_TRY(const auto wanted, members.text("newPassword"));
  CURFEW_TRY_STATUS(members.nothing_else("user"));
  if (!current || !wanted) {
    return GraphError::bad_request("currentPassword and newPassword are required.");
  }
  if (const std::string_view problem = password_problem(*wanted, user); !problem.empty()) {
    return GraphError::bad_request(std::string{problem});
  }
  if (*current == *wanted) {
    return GraphError::bad_request("The new password must not be the current one.");
  }
  return OwnChange{*current, *wanted};
}

GraphError wrong_password() {
  return GraphError::bad_request("The specified currentPassword does not match the password.");
}

// The hash of the new one, where the current one is right. Guessing it is held to the same measure
// as guessing at the sign-in page.
Task<GraphResult<std::string>> prove_and_hash(const GraphCall& call, const User& user,
                                              const OwnChange& change) {
  const SignInAttempt attempt{user.user_principal_name, call.actor().address, std::nullopt,
                              call.request.http.peer.address_is_shared};
  SignInThrottle::Admission admission =
      call.context.throttle.admit(attempt, call.context.clock.since_boot());
  if (!admission.ticket) {
    co_return GraphError{429, "TooManyRequests",
                         "Too many wrong passwords were tried; try again later."};
  }
  const auto check = [password = Secret{std::string_view{change.current}},
                      hash = user.password_hash]() -> Result<bool> {
    if (hash) return verify_password(password, *hash);
    spend_password_check(password);
    return false;
  };
  const Result<bool> is_right =
      co_await offload(call.context.password_pool, current_executor(), check);
  if (!is_right.ok()) {
    admission.ticket->abandoned();
    co_return is_right.error();
  }
  if (!*is_right) co_return wrong_password();
  admission.ticket->succeeded();
  const Result<std::string> hash =
      co_await hash_in_pool(call.context, Secret{std::string_view{change.wanted}});
  if (!hash.ok()) co_return hash.error();
  co_return *hash;
}

// The password that was proved is still theirs: another one may have been set while this waited.
StandingCheck still_has(const User& user) {
  return
      [tenant = user.tenant_id, id = user.id, password = user.password_id](ReadTx& tx) -> Status {
        CURFEW_TRY(const User now, require<User>(tx, "such user", tenant, id));
        if (now.password_id == password) return Done{};
        return Error::permanent(ErrorCode::conflict, "the password was changed in the meantime");
      };
}

// Everything that the old password gave ends, this call's own token too: whoever may have learned
// it is out. The session that the person called from stays, and gets new tokens.
Task<GraphOutcome> change_own_password(const GraphCall& call) {
  CURFEW_CO_TRY(const User user, user_of(call));
  CURFEW_CO_TRY(const OwnChange change, read_own_change(call, user));
  CURFEW_CO_TRY(const std::string hash, co_await prove_and_hash(call, user, change));
  Removal removal;
  removal.kind = RemovalKind::reset_password;
  removal.user_id = user.id;
  removal.password_hash = hash;
  removal.reason = "password_changed";
  if (call.caller.token && !call.caller.token->sid.empty()) {
    removal.kept_session = call.caller.token->sid;
  }
  const auto done = co_await call.context.revocation.remove_one(
      std::move(removal), requester_of(call, still_has(user)), current_executor(),
      ActorProof::old_password);
  if (!done.ok()) co_return done.error();
  co_return GraphAnswer::no_content();
}

// --- the table

struct UnknownKind {
  std::string_view collection;
  std::string_view member;
};
constexpr std::array kUnknownKinds{
    UnknownKind{"/users/{user}/authentication/externalAuthenticationMethods",
                "/users/{user}/authentication/externalAuthenticationMethods/{method}"},
    UnknownKind{"/users/{user}/authentication/fido2Methods",
                "/users/{user}/authentication/fido2Methods/{method}"},
    UnknownKind{"/users/{user}/authentication/microsoftAuthenticatorMethods",
                "/users/{user}/authentication/microsoftAuthenticatorMethods/{method}"},
    UnknownKind{"/users/{user}/authentication/phoneMethods",
                "/users/{user}/authentication/phoneMethods/{method}"},
    UnknownKind{"/users/{user}/authentication/platformCredentialMethods",
                "/users/{user}/authentication/platformCredentialMethods/{method}"},
    UnknownKind{"/users/{user}/authentication/softwareOathMethods",
                "/users/{user}/authentication/softwareOathMethods/{method}"},
    UnknownKind{"/users/{user}/authentication/temporaryAccessPassMethods",
                "/users/{user}/authentication/temporaryAccessPassMethods/{method}"},
    UnknownKind{"/users/{user}/authentication/windowsHelloForBusinessMethods",
                "/users/{user}/authentication/windowsHelloForBusinessMethods/{method}"},
};

void add_unknown_kinds(std::vector<GraphOperation>& all) {
  for (const UnknownKind& kind : kUnknownKinds) {
    all.push_back(authentication_reading("list_authentication_methods_of_kind", kind.collection,
                                         &list_unknown_kind, kReadsMethods));
    all.push_back(authentication_reading("show_authentication_method_of_kind", kind.member,
                                         &no_such_method, kReadsMethods));
    all.push_back({.name = "delete_authentication_method",
                   .method = M::delete_,
                   .path = kind.member,
                   .permissions = kDeletesMethods,
                   .run = &no_such_method,
                   .right = R::revoke});
  }
}

}  // namespace

GraphAnswer list_answer(const GraphCall& call, const User& user, std::string_view collection,
                        boost::json::array value) {
  return GraphAnswer::json(
      boost::json::object{{"@odata.context", call.context_url(fragment_of(user, collection))},
                          {"value", std::move(value)}});
}

GraphAnswer method_answer(const GraphCall& call, const User& user, std::string_view collection,
                          boost::json::object members) {
  boost::json::object shown{
      {"@odata.context", call.context_url(fragment_of(user, collection) + "/$entity")}};
  for (auto& member : members) shown[member.key()] = std::move(member.value());
  return GraphAnswer::json(std::move(shown));
}

GraphOperation authentication_reading(std::string_view name, std::string_view path, GraphBody run,
                                      const NeededPermissions& permissions) {
  return {.name = name,
          .path = path,
          .permissions = permissions,
          .run = run,
          .options = kSelectOption | kTopOption,
          .right = R::read_revocations,
          .free_on_oneself = true};
}

std::vector<GraphOperation> authentication_operations() {
  std::vector<GraphOperation> all{
      authentication_reading("list_authentication_methods", "/users/{user}/authentication/methods",
                             &list_methods, kReadsMethods),
      authentication_reading("show_authentication_method",
                             "/users/{user}/authentication/methods/{method}", &show_method,
                             kReadsMethods),
      authentication_reading("list_password_methods",
                             "/users/{user}/authentication/passwordMethods", &list_password_methods,
                             kReadsPasswords),
      authentication_reading("show_password_method",
                             "/users/{user}/authentication/passwordMethods/{method}",
                             &show_password_method, kReadsPasswords),
      authentication_reading("show_authentication_operation",
                             "/users/{user}/authentication/operations/{operation}", &show_operation,
                             kReadsOperations),
      {.name = "reset_password",
       .method = M::post,
       .path = "/users/{user}/authentication/methods/{method}/resetPassword",
       .permissions = kResets,
       .run = &reset_password,
       .input = GraphInput::object,
       .right = R::revoke},
      {.name = "change_own_password",
       .method = M::post,
       .path = "/users/{user}/changePassword",
       .permissions = kChangesOwn,
       .run = &change_own_password,
       .input = GraphInput::object,
       .right = std::nullopt},
  };
  add_unknown_kinds(all);
  return all;
}

}  // namespace curfew
