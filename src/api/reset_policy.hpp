// api/reset_policy.hpp: who may set a new password by a mail to themselves, and what holds back
// those who ask.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "api/limits/sign_in_throttle.hpp"
#include "base/clock.hpp"

namespace curfew {

inline constexpr Duration kResetCodeLifetimeDefault = std::chrono::minutes{15};

struct PasswordResetPolicy {
  bool sends_mail = false;      // a mail server is set: without one nothing can be asked for
  bool self_service = true;     // people may
  bool administrators = false;  // so may those who hold a directory role; never emergency accounts
  Duration code_lifetime = kResetCodeLifetimeDefault;
  std::string contact;    // whom to ask else: shown on the page; empty: the administrator
  std::string mail_from;  // the sender's address
};

// A mail that could not be handed over is tried again so long.
inline constexpr Duration kResetAskedFor = std::chrono::minutes{15};

struct ResetLimits {
  // `account`: the name that was typed, whether or not there is such an account. What fills it from
  // many addresses keeps its owner from asking for a while, and from nothing else.
  SignInThrottle asked{{.account_at_address = {.free_failures = 3,
                                               .first_delay = std::chrono::minutes{5},
                                               .delay_max = std::chrono::hours{1},
                                               .drain_interval = std::chrono::minutes{30}},
                        .address = {.free_failures = 20,
                                    .first_delay = std::chrono::seconds{30},
                                    .delay_max = std::chrono::minutes{10},
                                    .drain_interval = std::chrono::minutes{1}},
                        .account = {.free_failures = 10,
                                    .first_delay = std::chrono::minutes{10},
                                    .delay_max = std::chrono::hours{1},
                                    .drain_interval = std::chrono::minutes{20}}}};
  // One counter for everybody: each request is a row until the mail is sent.
  SignInThrottle all{{.account_at_address = {.free_failures = 1e9},
                      .address = {.free_failures = 1e9},
                      .account = {.free_failures = 600,
                                  .first_delay = std::chrono::seconds{1},
                                  .delay_max = std::chrono::seconds{5},
                                  .drain_interval = std::chrono::milliseconds{200}}}};
};

}  // namespace curfew
