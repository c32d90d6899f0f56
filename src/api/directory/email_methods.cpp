#include "api/directory/email_methods.hpp"

#include <utility>

#include "crypto/random.hpp"
#include "io/runtime.hpp"
#include "protocol/mail/message.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"
#include "store/schema_password_reset.hpp"

namespace curfew {

namespace {

Status check_place(const std::optional<EmailMethod>& standing, SetMethod how) {
  if (how == SetMethod::add && standing) {
    return Error::permanent(ErrorCode::conflict,
                            "the person has an email method; change it with PATCH");
  }
  if (how == SetMethod::replace && !standing) {
    return Error::permanent(ErrorCode::not_found, "there is no such email method");
  }
  return Done{};
}

Status take_standing(WriteTx& tx, const ApiCall& call, const EmailMethod& standing) {
  Removal removal;
  removal.kind = RemovalKind::remove_method;
  removal.user_id = standing.user_id;
  removal.object_id = standing.authenticator_id;
  removal.reason = "method_changed";
  const bool is_own = call.actor().id == standing.user_id.str();
  removal.made_by = is_own ? "you" : call.actor().display_name;
  CURFEW_TRY_STATUS(remove_access(tx, call.context.journal, removal, call.context.clock.now()));
  return Done{};
}

EmailMethod new_method(const ApiCall& call, const UserId& id, const std::string& address) {
  EmailMethod method;
  method.tenant_id = call.tenant_id();
  method.user_id = id;
  method.authenticator_id = new_guid();
  method.email_address = address;
  method.created_at = call.context.clock.now();
  method.created_by_kind = call.actor().kind;
  method.created_by_id = call.actor().id;
  return method;
}

struct Wish {
  UserId id;
  std::string address;
  SetMethod how = SetMethod::add;
};

Result<EmailMethod> set_in(WriteTx& tx, const ApiCall& call, const Wish& wish) {
  CURFEW_TRY(const ActorProof proof, proof_of_caller(call, wish.id));
  CURFEW_TRY_STATUS(check_guard(tx, call.tenant_id(), method_action(proof), call.actor(),
                                {wish.id, std::nullopt, std::nullopt}));
  CURFEW_TRY(const User user, require<User>(tx, "such user", call.tenant_id(), wish.id));
  CURFEW_TRY(const auto standing, load<EmailMethod>(tx, call.tenant_id(), wish.id));
  CURFEW_TRY_STATUS(check_place(standing, wish.how));
  if (standing && standing->email_address == wish.address) return *standing;
  if (standing) {
    CURFEW_TRY_STATUS(take_standing(tx, call, *standing));
  }
  EmailMethod made = new_method(call, wish.id, wish.address);
  CURFEW_TRY_STATUS(save(tx, made));
  CURFEW_TRY_STATUS(audit_change(tx, call,
                                 standing ? "user.change_email_method" : "user.add_email_method",
                                 wish.id.str(), user.user_principal_name));
  return made;
}

}  // namespace

Result<ActorProof> proof_of_caller(const ApiCall& call, const UserId& subject) {
  const bool is_own = call.actor().kind == ActorKind::user && call.actor().id == subject.str();
  if (!is_own) return ActorProof::none;
  if (signed_in_within(call.caller, call.context.clock.now(), kRecentSignInMax)) {
    return ActorProof::recent_sign_in;
  }
  return Error{ErrorCode::denied, Retry::after_human,
               "changing how you sign in needs a sign-in of the last ten minutes: sign in again "
               "(prompt=login) and repeat it"};
}

Task<Result<EmailMethod>> set_email_method(const ApiCall& call, UserId id, std::string address,
                                           SetMethod how) {
  if (!is_mail_address(address)) {
    co_return Error::permanent(ErrorCode::invalid_argument,
                               "emailAddress is a mail address such as john.doe@example.com");
  }
  const bool is_own = call.actor().id == id.str();
  auto made = std::make_shared<EmailMethod>();
  auto write = [&call, made,
                wish = Wish{std::move(id), std::move(address), how}](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(*made, set_in(tx, call, wish));
    return Done{};
  };
  // What an administrator replaces may be an attacker's; one's own can be done again and again.
  const bool is_urgent = how == SetMethod::replace && !is_own;
  const Urgency urgency = is_urgent ? Urgency::emergency : Urgency::normal;
  const Result<Done> written = co_await write_as_caller(call, std::move(write), urgency);
  if (!written.ok()) co_return written.error();
  co_return *made;
}

Task<Status> remove_email_method(const ApiCall& call, UserId id) {
  CURFEW_CO_TRY(const ActorProof proof, proof_of_caller(call, id));
  Removal removal;
  removal.kind = RemovalKind::remove_method;
  removal.user_id = std::move(id);
  const auto done = co_await call.context.revocation.remove_one(
      std::move(removal), requester_of(call), current_executor(), proof);
  if (!done.ok()) co_return done.error();
  co_return Done{};
}

}  // namespace curfew
