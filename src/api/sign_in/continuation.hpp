// api/sign_in/continuation.hpp: what a page of ours remembers until its form comes back.
//
// The server stores nothing for a half-finished sign-in. Each form carries, sealed, the whole
// authorization request as it came; when the form is posted the request is read and checked again
// from its first rule on, and whatever was proved before is held against the journal again.
//
// The same field is the form's protection against forgery: it names its anchor, which is the
// browser's pre-session cookie or the session, so that a form made for one browser is worth nothing
// in another one. An attacker can thus neither post our forms in a victim's browser nor sign the
// victim in to an account of his own.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.hpp"
#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/position.hpp"

namespace curfew {

// Which page the form is on; a form is good for its own step only.
enum class ContinuationStep {
  sign_in,          // name and password
  change_password,  // a one-time password was right, another must be set
  choose_account,   // go on as who is signed in, or as somebody else
  consent,          // may the application do what it asks
  account,          // the forms of the account page
  sign_out,         // confirm
  device_code,      // the code that a device shows
  device_confirm,   // may that device sign in
};

struct Continuation {
  ContinuationStep step = ContinuationStep::sign_in;
  // anchor_of() the pre-session cookie, or the session's id.
  std::string anchor;
  TimePoint made_at{};
  // The authorization (or logout) request as form text; empty: our own account page. Of a sign-in
  // it may also be device_page_request(); of device_confirm it is the device code's hash.
  std::string request;
  // choose_account and consent: the person has just proved who they are in this very interaction,
  // or has chosen the account. Bound to the session by the anchor.
  bool signed_in_now = false;
  bool account_chosen = false;
  // consent, device_confirm: the permissions that the page showed; agreeing means these and no
  // others.
  std::vector<std::string> permissions;
  // change_password: whose password it was, which one, and the position read before its hash.
  UserId user_id;
  std::string password_id;
  Position as_of;
  bool keep_signed_in = false;
};

// A sign-in that leads to the page for devices, where `user_code` is filled in; it may be empty.
// Somebody who sends such a text as an authorization request gets the person to that page as well,
// where nothing happens without them.
[[nodiscard]] std::string device_page_request(std::string_view user_code);
// The user code, or empty text; nothing if the request is another one.
[[nodiscard]] std::optional<std::string> device_page_of(std::string_view request);

// How long a form may lie open: a sign-in page over lunch, a proof of a password not so long.
inline constexpr Duration kSignInFormTimeMax = std::chrono::hours{8};
inline constexpr Duration kProofTimeMax = std::chrono::minutes{15};
[[nodiscard]] Duration time_max_of(ContinuationStep step);

// A longer authorization request does not fit into a form that must stay under kHttpBodyBytesMax.
inline constexpr std::size_t kContinuedRequestBytesMax = 32UL * 1024;

[[nodiscard]] std::string to_plain(const Continuation& continuation);
// Nothing for anything that to_plain() does not make.
[[nodiscard]] std::optional<Continuation> parse_continuation(std::string_view plain);

[[nodiscard]] std::string seal_continuation(const ServerContext& context,
                                            const Continuation& continuation);
[[nodiscard]] std::optional<Continuation> open_continuation(const ServerContext& context,
                                                            std::string_view sealed);

// What a continuation keeps of a cookie: enough to know it again, not enough to make it.
[[nodiscard]] std::string anchor_of(std::string_view presession_cookie);

// True if the form belongs to this step and this browser and is not too old.
[[nodiscard]] bool is_current(const Continuation& continuation, ContinuationStep step,
                              std::string_view anchor, TimePoint now);

}  // namespace curfew
