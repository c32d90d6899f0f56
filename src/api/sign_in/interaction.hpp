// api/sign_in/interaction.hpp: what a browser is answered: a page of ours, or the way back to the
// client.
//
// The endpoints decide; here the decision becomes an answer. Each page carries its continuation
// (api/sign_in/continuation.hpp) and sets the cookie that anchors it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/router.hpp"
#include "api/sign_in/authorize_checks.hpp"
#include "api/sign_in/authorize_decision.hpp"
#include "api/sign_in/browser_session.hpp"
#include "api/sign_in/continuation.hpp"
#include "api/sign_in/pages.hpp"
#include "protocol/oauth/error.hpp"
#include "protocol/oauth/params.hpp"

namespace curfew {

// "/{tenant}" + `suffix`, with the tenant's id whatever name the request used.
[[nodiscard]] std::string tenant_path(const ServerContext& context, std::string_view suffix);
// What people know the tenant by: its default domain.
[[nodiscard]] std::string organisation_of(const ServerContext& context);

// `page` without organisation and link. `path`: of the tenant, that its link leads to; empty: it
// has none.
[[nodiscard]] HttpResponse show_message(const ServerContext& context, int status, MessagePage page,
                                        std::string_view path);

// The page for devices; `user_code` as make_user_code() writes it, or empty.
[[nodiscard]] std::string device_page_target(const ServerContext& context,
                                             std::string_view user_code);

inline constexpr std::string_view kSignInPath = "/login";
inline constexpr std::string_view kChangePasswordPath = "/login/password";
inline constexpr std::string_view kProceedPath = "/login/continue";
inline constexpr std::string_view kAccountPath = "/account";
inline constexpr std::string_view kPasswordResetPath = "/password-reset";

// A name as somebody typed it, in lower case; without a domain it means the tenant's own.
[[nodiscard]] std::string normalised_username(const ServerContext& context, std::string_view typed);
// Whose user principal name that is.
[[nodiscard]] Result<std::optional<User>> user_called(ReadTx& tx, const TenantId& tenant_id,
                                                      const std::string& username);
inline constexpr std::size_t kUsernameBytesMax = 320;  // RFC 3696: 64 + 1 + 255

// The fields of a form that one of our own pages posted. invalid_request if it is no form, and if
// the browser says that it comes from another site (Fetch Metadata: Sec-Fetch-Site; Origin).
[[nodiscard]] OAuthResult<OAuthParams> read_own_form(const ServerContext& context,
                                                     const RoutedRequest& request);

// An error page: what the person can do, and what a developer needs to know.
[[nodiscard]] HttpResponse error_page(const ServerContext& context, int status,
                                      const OAuthError& error, std::string_view request_id);
// The password was right and the person may not sign in: in words for them, with the number for
// whoever helps.
[[nodiscard]] HttpResponse access_refused_page(const ServerContext& context,
                                               const OAuthError& error,
                                               std::string_view request_id);
// The form is not one of ours, or too old to go on.
[[nodiscard]] HttpResponse stale_form_page(const ServerContext& context,
                                           std::string_view request_id);
// The server cannot do it now: `error` is of our own parts. 503 or 500, never with Retry-After.
[[nodiscard]] HttpResponse failure_page(const ServerContext& context, const Error& error,
                                        std::string_view request_id);

// For RefusedOnPage and RefusedAtClient.
[[nodiscard]] HttpResponse answer_refused(const ServerContext& context,
                                          const RequestOutcome& refused,
                                          std::string_view request_id);

// The sign-in form. `request`: the authorization request as form text, or empty.
struct SignInPrompt {
  std::string request;
  std::string application;
  std::string username;
  std::string error;
  bool keep_signed_in = false;
  int status = 200;
};
[[nodiscard]] HttpResponse show_sign_in(const ServerContext& context, const Browser& browser,
                                        const SignInPrompt& prompt);

struct ChangePasswordPrompt {
  Continuation continuation;  // complete but for anchor and time
  std::string username;
  std::string error;
};
[[nodiscard]] HttpResponse show_change_password(const ServerContext& context,
                                                const Browser& browser,
                                                const ChangePasswordPrompt& prompt);

// The code goes to the client; an obstacle becomes the page that takes it away, or the client's
// error.
[[nodiscard]] HttpResponse answer_decision(const ServerContext& context, const Browser& browser,
                                           const CheckedRequest& request, const IssuedCode& issued,
                                           const Progress& progress);

// Issues in one transaction what `request` asks for and the session allows, and answers it. Keeps
// the session alive. `context` outlives the task.
[[nodiscard]] Task<HttpResponse> issue_and_answer(const ServerContext& context, Browser browser,
                                                  CheckedRequest request, Progress progress);

}  // namespace curfew
