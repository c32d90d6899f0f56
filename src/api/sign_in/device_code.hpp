// api/sign_in/device_code.hpp: a sign-in on a device without a browser, as far as its two sides,
// the device and the person, need the same of it (RFC 8628).
//
// Works in the caller's transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.hpp"
#include "api/sign_in/authorize_checks.hpp"
#include "api/sign_in/authorize_decision.hpp"
#include "api/sign_in/browser_session.hpp"
#include "model/device_code.hpp"
#include "protocol/oauth/device_authorization.hpp"
#include "store/store.hpp"

namespace curfew {

// What is stored of a user code as make_user_code() writes it.
[[nodiscard]] std::string user_code_mac(const ServerContext& context, std::string_view user_code);

// Whether it still waits for a person's answer.
[[nodiscard]] bool is_open(const DeviceCode& code, TimePoint now);
// The open one with this user code; nothing if there is none.
[[nodiscard]] Result<std::optional<DeviceCode>> find_open(ReadTx& tx, const ServerContext& context,
                                                          const std::string& user_code,
                                                          TimePoint now);

// May this client begin such a sign-in, and what does it ask for? One function for each rule, at
// the device's request and again at the person's answer.
struct DeviceAsk {
  App client;
  std::vector<std::string> scopes;
  std::vector<std::string> resources;
  std::string claims;
};
[[nodiscard]] Result<OAuthResult<CheckedRequest>> check_device_ask(ReadTx& tx,
                                                                   const ServerContext& context,
                                                                   const DeviceAsk& ask);
// The same of a stored one. `unauthorized_client` where the application has gone.
[[nodiscard]] Result<OAuthResult<CheckedRequest>> check_device_ask(ReadTx& tx,
                                                                   const ServerContext& context,
                                                                   const DeviceCode& code);

// What the person pressed, on a page that showed this very row and these permissions.
struct DeviceAnswer {
  Browser browser;
  std::string code_hash;
  bool approved = false;
  std::vector<std::string> agreed_names;
};
enum class DeviceAnswerEnd {
  approved,
  denied,
  not_signed_in,  // the session has ended since
  gone,           // expired, or answered before
  refused,        // by a rule: `error`
};
struct DeviceAnswerOutcome {
  DeviceAnswerEnd end = DeviceAnswerEnd::gone;
  OAuthError error;
  Remedy remedy = Remedy::none;
  std::optional<CheckedRequest> request;
  std::optional<User> user;
  std::optional<Session> session;
};
// The rule is asked here, in the transaction that stores the answer, and again when the device
// fetches its tokens. An approval names the session and has its stamp. Audited.
[[nodiscard]] Result<DeviceAnswerOutcome> answer_device(WriteTx& tx, const ServerContext& context,
                                                        const DeviceAnswer& answer);

}  // namespace curfew
