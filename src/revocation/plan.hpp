// revocation/plan.hpp: which ways in a subject has, and what a revocation would do about each.
// Pure.
//
// A bound is never early. Where the store has recorded the latest expiry of every token that it
// issued, the bound is that expiry plus the leeway that resource servers allow for clocks; where it
// has not read all of them, it is the latest that any could have been issued with: under the
// settings of today, the cut plus their longest lifetime; under those before, what
// lifetime_history.hpp says.
//
// What ends how:
//   account, sessions, grants, codes   refused from the cut on, by the validity rule
//   devices without a browser that the subject let in, and that have not come in yet: the same
//   access tokens at our own APIs      the same: each request is judged
//   access tokens elsewhere            the resource server judges by itself: end by their expiry
//   ... which are in a status list     the resource refuses them once it reads the list anew: at
//   the
//                                      latest when the one that it has expires
//   what gates let in                  refused by each gate once it has acknowledged the cut's last
//                                      entry, or has no lease of before any more
//   an application's own session       told to end, where the application has an address for it
//                                      (back-channel logout): acknowledged, never seen; else out of
//                                      our reach: ends by its stated lifetime, else unknown
//   devices                            disabled, if the actor may; else a person must act
//   API keys that the subject owns     removed
//   receivers of change notifications  told nothing from the cut on: each call is judged before it
//   initial access tokens that the subject made: removed; what registered with them is refused at
//                                      its own registration from the cut on, and stays
//   assignments                        of no use to a blocked user; removed only if asked for
//   the other parts                    removed if asked for, or if a sweep found them
//                                      (revocation/part.hpp, revocation/sweep.hpp)
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/application.hpp"
#include "model/directory.hpp"
#include "model/journal_entry.hpp"
#include "model/registration.hpp"
#include "model/run.hpp"
#include "revocation/found_item.hpp"

namespace curfew {

struct PlanPolicy {
  // Identifier URIs whose tokens are judged by this very server at each request. "" is userinfo.
  std::set<std::string> own_resources = {""};
  // The longest that any access token could live that is issued under the settings of today
  // (access/lifetime.hpp).
  Duration longest_access_token_lifetime = std::chrono::hours{28};
  // What validators elsewhere commonly add to `exp` for clocks that differ.
  Duration foreign_clock_skew = std::chrono::minutes{5};
  // How many gates may let somebody in at this moment, also those that were removed meanwhile.
  std::function<std::uint64_t()> open_gates = nullptr;  // null: those that the store has
};

// One application that the subject signed in to.
struct AppFacts {
  App app;
  std::uint64_t live_grant_count = 0;  // not expired, not ended
  std::uint64_t signed_in_count = 0;   // grants of a sign-in, of any state, of those that were read
  bool complete = true;                // false: there are more grants than were read
  TimePoint last_sign_in_at{};         // the newest grant's creation
  // Of ours, in which it got an ID token; 0 also where it has no address to be told at.
  std::uint64_t session_count = 0;
};

// Access tokens that may be out there for one resource.
struct ResourceFacts {
  std::string resource;  // identifier URI; empty: userinfo
  std::string display_name;
  std::uint64_t grant_count = 0;
  bool complete = true;
  TimePoint access_ends_by{};  // the latest recorded expiry of an access token
  // The same of those that are in no status list; nothing: none of them is in one.
  std::optional<TimePoint> unlisted_access_ends_by = {};
};

struct SubjectFacts {
  User user;
  std::uint64_t session_count = 0;  // not expired, not ended
  bool sessions_complete = true;
  std::uint64_t code_count = 0;         // not used, not expired
  std::uint64_t device_code_count = 0;  // that the subject approved; not used, not expired
  std::vector<AppFacts> apps;
  bool apps_complete = true;  // false: there are more applications than were read
  std::vector<ResourceFacts> resources;
  bool resources_complete = true;  // false: what was not read may be for any resource
  // No token from before the newest change of the settings lives longer (lifetime_history.hpp).
  TimePoint earlier_tokens_end_by{};
  std::vector<Device> devices;  // registered by the subject
  std::vector<ApiKey> api_keys;
  std::uint64_t subscription_count = 0;  // to changes, of the subject's making
  bool subscriptions_complete = true;
  std::vector<RegistrationToken> registration_tokens;  // that the subject made
  std::uint64_t registration_count = 0;  // applications that registered with such tokens
  bool registrations_complete = true;
  std::uint64_t gate_count = 0;            // that there are
  std::vector<AppAssignment> assignments;  // the user's own, not those of groups
  std::vector<FoundItem> items;            // what else the run takes or lists, each once
  bool items_complete = true;              // false: there was more than was read
  std::vector<Hold> holds;                 // on the user
  // Devices may be disabled by this actor (revocation/guard.hpp).
  bool actor_may_disable_devices = true;
};

struct PlanOptions {
  RunMode mode = RunMode::revoke;
  std::set<std::string> parts = {};     // RunPart::option of each that is asked for
  std::optional<TimePoint> since = {};  // also what appeared since then

  [[nodiscard]] bool asks_for(std::string_view option) const {
    return parts.contains(std::string{option});
  }
};

// `paths` say what is expected right after a run; `steps` name what the run would do. The run's id
// is empty in a dry run. A grant's tokens are taken to be for its `resource` alone.
struct Plan {
  UserId subject_id;
  std::string subject_name;
  PlanOptions options;
  TimePoint made_at{};
  std::vector<Step> steps;
  std::vector<AccessPath> paths;
  std::vector<Hold> standing_holds;  // why the subject is blocked already
};

[[nodiscard]] Plan make_plan(const SubjectFacts& facts, const PlanOptions& options,
                             const PlanPolicy& policy, const RunId& run_id, TimePoint now);

// The next of these steps of a run: its place and its id.
[[nodiscard]] Step step_after(const std::vector<Step>& steps, const TenantId& tenant_id,
                              const RunId& run_id);

// Nothing ends it before a person has acted.
void make_wait(Step& step, AccessPath& path, std::string_view what_to_do);

// The names of the connectors that observe our own targets (revocation/local_connectors.hpp).
namespace local_target {
inline constexpr std::string_view kAccount = "local.account";
inline constexpr std::string_view kSessions = "local.sessions";
inline constexpr std::string_view kGrants = "local.grants";
inline constexpr std::string_view kCodes = "local.codes";
inline constexpr std::string_view kDeviceCodes = "local.device_codes";
inline constexpr std::string_view kAccessTokens = "local.access_tokens";
inline constexpr std::string_view kDevice = "local.device";
inline constexpr std::string_view kApiKey = "local.api_key";
inline constexpr std::string_view kSubscriptions = "local.subscriptions";
inline constexpr std::string_view kRegistrationToken = "local.registration_token";
inline constexpr std::string_view kRegistrations = "local.registrations";
// The gates (api/gate_feed/gate_connector.hpp): its apply() ends when none of them can let in
// anything that the cut has outdated.
inline constexpr std::string_view kGates = "local.gates";
}  // namespace local_target

// Connectors that tell somebody else of it. There is nothing to give back at them.
inline constexpr std::string_view kTelling = "tell.";
// The target is the application's id (src/connectors/backchannel_logout).
inline constexpr std::string_view kBackchannelLogoutConnector = "tell.backchannel_logout";
// The target is a RevocationTarget's id (src/connectors/global_revocation).
inline constexpr std::string_view kGlobalRevocationConnector = "tell.global_revocation";

}  // namespace curfew
