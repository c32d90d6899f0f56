// revocation/removal.hpp: every way of taking access away, in one list, and what each does to
// state.
//
// A removal is a set of state changes and journal entries made in one transaction. It is the only
// code that takes access away: the run's cut, an administrator's single change, a user ending a
// session, a client revoking a token and a fired reuse alarm all come here. The generated matrix
// (tests/matrix) holds every removal against every kind of credential; a new one that is missing
// there does not compile.
//
//   removal              entries written                        beside them, in the transaction
//   revoke_user          block user                             account_enabled=false
//   disable_user         block user                             account_enabled=false
//   revoke_sessions      reauth user                            (Graph's revokeSignInSessions)
//   reset_password       reauth user                            new password_id, hash as given; the
//                                                               kept session goes on after it
//   disable_device       block device                           account_enabled=false
//   disable_app          block application                      account_enabled=false
//   tighten_app          reevaluate application                 none: the caller saves the policy
//   tighten_device       reevaluate device                      none: the caller saves its state
//   remove_assignment    reauth assignment user@app             row removed
//   remove_consent       reauth assignment user@app             row removed
//   remove_role          reevaluate user, or application        row removed
//   remove_group_member  reevaluate user, reauth of assignments row removed
//                        that nothing else gives
//   end_session          reauth session                         ended_at set
//   end_grant            reauth grant                           ended_at set
//   remove_app_secret    block authenticator                    row removed
//   remove_client_key    block authenticator                    row removed
//   remove_api_key       block credential                       row removed
//   remove_registration_token
//                        block credential                       row removed
//   remove_method        block authenticator                    row removed
//   hold_key             block authenticator, or credential     none: the hold can be ended
//   withdraw_key         block signing_key                      state=withdrawn
//   reauth_tenant        reauth tenant                          none
//
// The devices, API keys, initial access tokens and assignments of a revoked user are further
// removals, by the plan. A group's assignment (app_id and group_id) is ended for the members whom
// nothing else assigns. A reset and a removed email method are told to the person's address, where
// `made_by` says by whom. Blocks of what is removed for good belong to an owner of their own, whose
// hold nothing ends.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "model/journal_entry.hpp"
#include "store/journal.hpp"
#include "store/store.hpp"

namespace curfew {

enum class RemovalKind {
  revoke_user,
  disable_user,
  revoke_sessions,
  reset_password,
  disable_device,
  disable_app,
  tighten_app,     // its policy lets fewer people or permissions through than before
  tighten_device,  // what is known of it (managed, compliant) is not what it was
  remove_assignment,
  remove_consent,
  remove_role,
  remove_group_member,
  end_session,
  end_grant,
  remove_app_secret,
  remove_client_key,
  remove_api_key,
  remove_registration_token,  // an initial access token, and what it registered
  remove_method,              // an email method: the codes that were sent there
  hold_key,  // one secret, client key, password or API key, for as long as the hold
  withdraw_key,
  reauth_tenant,
};

inline constexpr std::array kRemovalKinds{
    RemovalKind::revoke_user,       RemovalKind::disable_user,
    RemovalKind::revoke_sessions,   RemovalKind::reset_password,
    RemovalKind::disable_device,    RemovalKind::disable_app,
    RemovalKind::tighten_app,       RemovalKind::tighten_device,
    RemovalKind::remove_assignment, RemovalKind::remove_consent,
    RemovalKind::remove_role,       RemovalKind::remove_group_member,
    RemovalKind::end_session,       RemovalKind::end_grant,
    RemovalKind::remove_app_secret, RemovalKind::remove_client_key,
    RemovalKind::remove_api_key,    RemovalKind::remove_registration_token,
    RemovalKind::remove_method,     RemovalKind::hold_key,
    RemovalKind::withdraw_key,      RemovalKind::reauth_tenant};

[[nodiscard]] std::string_view to_string(RemovalKind kind);

// What to take away. Only the members that the kind's line above speaks of are read; a missing one
// is `invalid_argument`.
struct Removal {
  RemovalKind kind = RemovalKind::revoke_sessions;
  std::optional<UserId> user_id;
  std::optional<DeviceId> device_id;
  std::optional<AppId> app_id;
  std::optional<SessionId> session_id;
  std::optional<GrantId> grant_id;
  std::optional<KeyId> key_id;
  std::optional<GroupId> group_id;
  std::optional<RoleId> role_id;
  // An AppSecret's, ClientKey's, ApiKey's, RegistrationToken's or group-assignment's id; an email
  // method's authenticator_id, or empty for the one that the user has; of hold_key, to_string(Key).
  std::string object_id;
  std::string password_hash;  // reset_password: Argon2id of the new one
  bool force_change_password = false;
  // reset_password by the person, who proved the old one in this session: it goes on after it, and
  // the caller judged it live in here. end_session: the one that the person goes on in instead.
  std::optional<SessionId> kept_session;
  // Who did it, in words for the person it was done to ("admin@contoso.com"); empty: tell nobody.
  std::string made_by;
  // Who holds the block: "administrator", "run:<id>" or one of revocation/hold_owner.hpp.
  std::string hold_owner = "administrator";
  std::optional<RunId> run_id;
  // What others call the incident of which it is a part; empty: it begins with us. Who hears of it
  // hears the same name (RFC 8417 2.2), so that what comes back to where it began is known there.
  std::string txn;
  std::string reason;  // one word; empty: the kind's own word
};

struct RemovalEffect {
  std::vector<JournalEntry> entries;
  // The position after which everything that the removal ends is refused.
  Position position;
};

// Makes the removal in `tx`. `not_found` where the thing does not exist; a thing that is already
// removed or blocked gets its entry again, so that repeating is safe and never weaker. The caller
// has checked who may do this (revocation/guard.hpp).
[[nodiscard]] Result<RemovalEffect> remove_access(WriteTx& tx, Journal& journal,
                                                  const Removal& removal, TimePoint now);

}  // namespace curfew
