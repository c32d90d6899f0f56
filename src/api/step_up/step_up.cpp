#include "api/step_up/step_up.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.hpp"

namespace curfew {

namespace {

// They take something away, or change what is there, as well as give: so they are served while the
// journal is known to lack entries, and are named here.
constexpr std::array kAlsoGive{
    std::string_view{"change_user"},
    std::string_view{"change_app"},
    std::string_view{"change_device"},
    std::string_view{"reset_user_password"},
    std::string_view{"update_user"},
    std::string_view{"update_application"},
    std::string_view{"update_device"},
    std::string_view{"update_service_principal"},
    std::string_view{"update_group"},
    std::string_view{"reset_password"},
    std::string_view{"update_permission_grant"},
    // Whoever is at risk no more may reset their own password.
    std::string_view{"dismiss_risk"},
    std::string_view{"confirm_safe"},
};

bool only_disables(const boost::json::object& body) {
  return body.size() == 1 && ascii_iequals(body.begin()->key(), "accountEnabled") &&
         body.begin()->value().is_bool() && !body.begin()->value().get_bool();
}

}  // namespace

bool gives(const Operation& operation) {
  if (operation.when_rolled_back == WhenRolledBack::refuses) return true;
  const bool is_named = std::ranges::find(kAlsoGive, operation.name) != kAlsoGive.end();
  return is_named && !only_disables(operation.body);
}

std::span<const std::string_view> named_as_giving() { return kAlsoGive; }

std::optional<Denial> check_recent_sign_in(const ServerContext& context, const Caller& caller,
                                           const Operation& operation) {
  const Duration age_max = context.lifetimes.giving_sign_in_age;
  const bool is_person = caller.actor.kind == ActorKind::user;
  if (age_max <= Duration{0} || !is_person || !gives(operation)) return std::nullopt;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age_max).count();
  if (signed_in_within(caller, context.clock.now(), age_max)) return std::nullopt;
  Denial denial{401, "insufficient_user_authentication",
                "This call needs a sign-in of at most " + std::to_string(seconds) +
                    " seconds ago; sign in again with this max_age and repeat it.",
                ""};
  denial.by_dpop = !caller.token->cnf_jkt.empty();
  denial.max_age = seconds;
  return denial;
}

}  // namespace curfew
