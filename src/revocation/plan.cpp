#include "revocation/plan.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/limits.hpp"
#include "model/token_status.hpp"
#include "revocation/own_session.hpp"
#include "revocation/part.hpp"

namespace curfew {

namespace {

constexpr std::string_view kRefusedByRule =
    "the validity rule: refused by this server from the cut on";
constexpr std::string_view kOutOfReach =
    "nothing of ours: the application never has to ask this server again";
constexpr std::string_view kOwnSessionUnknown =
    "the application keeps its own session, which this server cannot end, and nobody has said how "
    "long that lasts";
constexpr std::string_view kOwnSessionBounded =
    "the application keeps its own session, which this server cannot end; it lasts as long as the "
    "application's developer says";
constexpr std::string_view kTold =
    "back-channel logout: the application is told, and ends its session by itself";
constexpr std::string_view kToldUnseen =
    "the application can acknowledge that it was told, and cannot show that its session ended";
constexpr std::string_view kTokenBounded =
    "the resource judges the token by itself and does not ask this server; it ends with the "
    "token's expiry";
constexpr std::string_view kListed =
    "the status list: it says from the cut on that the tokens are invalid";
constexpr std::string_view kListBounded =
    "by the word of whoever switched the list on, the resource reads it, every 30 seconds; the "
    "bound "
    "is the expiry of the list from before the cut, for one that cannot read it anew";
static_assert(kStatusListTtl == std::chrono::seconds{30});  // as the sentence says
constexpr std::string_view kGateBounded =
    "sooner where the gates acknowledge it, or have no lease of before any more";
constexpr std::string_view kDeviceNeedsRole =
    "a Cloud Device Administrator must disable the device; the subject cannot sign in on it";

// One plan that is being made.
class Planner {
 public:
  Planner(const SubjectFacts& facts, const PlanOptions& options, const PlanPolicy& policy,
          const RunId& run_id, TimePoint now)
      : facts_(facts), policy_(policy), now_(now), run_id_(run_id) {
    plan_.subject_id = facts.user.id;
    plan_.subject_name = facts.user.user_principal_name;
    plan_.options = options;
    plan_.made_at = now;
    plan_.standing_holds = facts.holds;
  }

  Plan make() {
    if (revokes_account()) add_account();
    add_sessions();
    add_grants();
    add_codes();
    add_device_codes();
    add_access_tokens();
    add_gates();
    add_app_sessions();
    if (revokes_account()) add_devices();
    add_api_keys();
    add_subscriptions();
    add_registrations();
    if (revokes_account()) add_assignments();
    for (const FoundItem& item : facts_.items) add_item(item);
    if (!facts_.items_complete) add_unread();
    return std::move(plan_);
  }

 private:
  [[nodiscard]] bool revokes_account() const { return plan_.options.mode == RunMode::revoke; }

  // A step that the cut makes, and that is then observed.
  Step& add_step(std::string_view connector, std::string target, std::string title) {
    Step step = step_after(plan_.steps, facts_.user.tenant_id, run_id_);
    step.connector = connector;
    step.target = std::move(target);
    step.subject = facts_.user.id.str();
    step.title = std::move(title);
    step.made_in_cut = true;
    step.phase = StepPhase::observe;
    plan_.steps.push_back(std::move(step));
    return plan_.steps.back();
  }

  AccessPath& add_path(PathKind kind, PathState expected, std::string_view control) {
    AccessPath path;
    path.tenant_id = facts_.user.tenant_id;
    path.run_id = run_id_;
    path.ordinal = static_cast<std::uint32_t>(plan_.paths.size());
    path.kind = kind;
    path.state = expected;
    path.control = control;
    if (expected == PathState::ended) path.ended_at = now_;
    plan_.paths.push_back(std::move(path));
    return plan_.paths.back();
  }

  AccessPath& add_ended(PathKind kind, const Step& step, std::string_view control) {
    AccessPath& path = add_path(kind, PathState::ended, control);
    path.step_id = step.id;
    return path;
  }

  void add_account() {
    account_step_ = add_step(local_target::kAccount, "", "The account itself").id;
    AccessPath& path = add_path(PathKind::account, PathState::ended,
                                "the account is blocked: nobody signs in as the subject");
    path.step_id = account_step_;
    path.display_name = facts_.user.user_principal_name;
    path.count = 1;
  }

  void add_sessions() {
    if (facts_.session_count == 0 && facts_.sessions_complete) return;
    const Step& step = add_step(local_target::kSessions, "", "Browser sessions with this server");
    AccessPath& path = add_ended(PathKind::session, step, kRefusedByRule);
    path.count = facts_.session_count;
    path.count_is_least = !facts_.sessions_complete;
  }

  void add_grants() {
    const bool any = std::any_of(facts_.apps.begin(), facts_.apps.end(), [](const AppFacts& app) {
      return app.live_grant_count > 0 || !app.complete;
    });
    if (!any && facts_.apps_complete) return;
    const Step step = add_step(local_target::kGrants, "", "Refresh tokens of applications");
    for (const AppFacts& app : facts_.apps) {
      if (app.live_grant_count == 0 && app.complete) continue;
      AccessPath& path = add_ended(PathKind::refresh_grant, step, kRefusedByRule);
      path.target = app.app.id.str();
      path.display_name = app.app.display_name;
      path.count = app.live_grant_count;
      path.count_is_least = !app.complete;
    }
    if (facts_.apps_complete) return;
    AccessPath& rest = add_ended(PathKind::refresh_grant, step, kRefusedByRule);
    rest.display_name = "further applications";
    rest.count_is_least = true;
  }

  void add_codes() {
    if (facts_.code_count == 0) return;
    const Step& step = add_step(local_target::kCodes, "", "Sign-ins that are half done");
    add_ended(PathKind::code, step, kRefusedByRule).count = facts_.code_count;
  }

  void add_device_codes() {
    if (facts_.device_code_count == 0) return;
    const Step& step = add_step(local_target::kDeviceCodes, "",
                                "Devices that were approved and have not signed in yet");
    AccessPath& path = add_ended(PathKind::code, step, kRefusedByRule);
    path.target = "device_code";
    path.display_name = "on devices without a browser";
    path.count = facts_.device_code_count;
  }

  void add_access_tokens() {
    std::optional<Step> own;
    for (const ResourceFacts& resource : facts_.resources) {
      const bool is_own = policy_.own_resources.contains(resource.resource);
      if (resource.access_ends_by <= now_ && resource.complete) continue;
      if (is_own) {
        if (!own) own = add_step(local_target::kAccessTokens, "", "Access tokens at this server");
        name_resource(add_ended(PathKind::access_token, *own, kRefusedByRule), resource);
      } else {
        add_foreign_tokens(resource);
      }
    }
    if (facts_.resources_complete) return;
    ResourceFacts rest;
    rest.complete = false;
    rest.display_name = "resources that were not looked at one by one";
    add_foreign_tokens(rest);
  }

  static void name_resource(AccessPath& path, const ResourceFacts& resource) {
    path.target = resource.resource;
    path.display_name = resource.display_name.empty() ? resource.resource : resource.display_name;
    if (path.display_name.empty()) path.display_name = "userinfo";
    path.count = resource.grant_count;
    path.count_is_least = !resource.complete;
  }

  // The latest that could have been issued. Recorded expiries count as well: where they are later,
  // the clock went back since.
  [[nodiscard]] TimePoint unread_tokens_end_by() const {
    TimePoint end =
        std::max(now_ + policy_.longest_access_token_lifetime, facts_.earlier_tokens_end_by);
    for (const ResourceFacts& read : facts_.resources) end = std::max(end, read.access_ends_by);
    return end;
  }

  [[nodiscard]] TimePoint token_end_of(const ResourceFacts& resource) const {
    return resource.complete ? resource.access_ends_by : unread_tokens_end_by();
  }

  // Until when a token that is in a status list is let in at the latest: the resource goes by a
  // list from before the cut until that expires, if it cannot get another one.
  [[nodiscard]] TimePoint list_end_of(const ResourceFacts& resource) const {
    const TimePoint unlisted = resource.unlisted_access_ends_by.value_or(resource.access_ends_by);
    return std::max(unlisted, now_ + kStatusListLife);
  }

  void add_foreign_tokens(const ResourceFacts& resource) {
    const TimePoint expiry = token_end_of(resource);
    const bool is_listed = resource.complete && list_end_of(resource) < expiry;
    AccessPath& path = add_path(PathKind::access_token, PathState::ends_by,
                                is_listed ? kListed : "no renewal: the token runs out");
    name_resource(path, resource);
    path.ends_by = (is_listed ? list_end_of(resource) : expiry) + policy_.foreign_clock_skew;
    path.reason = is_listed ? kListBounded : kTokenBounded;
  }

  // Done by the gates themselves, which were told with the cut. One step for all of them: a
  // thousand would be a thousand rows of every run, and nobody acts on one gate alone.
  void add_gates() {
    const std::uint64_t count =
        std::max(facts_.gate_count, policy_.open_gates ? policy_.open_gates() : 0);
    if (count == 0) return;
    Step& step = add_step(local_target::kGates, "", "Gates beside applications");
    step.made_in_cut = false;
    step.phase = StepPhase::prepare;
    AccessPath& path = add_path(PathKind::gate, PathState::ends_by,
                                "every gate acknowledges the cut, or its lease ends");
    path.step_id = step.id;
    path.display_name = "gates";
    path.count = count;
    // Whatever becomes of the gates, the tokens that they look at run out.
    path.ends_by = last_token_ends_by() + policy_.foreign_clock_skew;
    path.reason = kGateBounded;
  }

  // The latest expiry of all that were issued to the subject.
  [[nodiscard]] TimePoint last_token_ends_by() const {
    if (!facts_.resources_complete) return unread_tokens_end_by();
    TimePoint end = now_;
    for (const ResourceFacts& read : facts_.resources) end = std::max(end, token_end_of(read));
    return end;
  }

  void add_app_sessions() {
    for (const AppFacts& app : facts_.apps) {
      const bool is_told = app.app.backchannel_logout_uri && app.session_count != 0;
      if (is_told) {
        add_told_session(app);
      } else if (app.signed_in_count != 0 && may_keep_own_session(app.app)) {
        add_app_session(app);
      }
    }
    if (facts_.apps_complete) return;
    AccessPath& rest = add_path(PathKind::app_session, PathState::unknown, kOutOfReach);
    rest.display_name = "further applications";
    rest.count_is_least = true;
    rest.reason = kOwnSessionUnknown;
  }

  // When the application's own session ends without anybody's doing, where that is known.
  [[nodiscard]] std::optional<TimePoint> own_end_of(const AppFacts& app) const {
    std::optional<TimePoint> ends_by =
        own_session_ends_by(app.app, app.complete ? app.last_sign_in_at : now_);
    if (ends_by) *ends_by += policy_.foreign_clock_skew;
    return ends_by;
  }

  // Told also where by its developer's word nothing is left: it costs one call.
  void add_told_session(const AppFacts& app) {
    Step& step = add_step(kBackchannelLogoutConnector, app.app.id.str(),
                          "Sessions at " + app.app.display_name + " (back-channel logout)");
    step.made_in_cut = false;
    step.phase = StepPhase::apply;  // nothing is overwritten, so there is nothing to read first
    const std::optional<TimePoint> ends_by = own_end_of(app);
    const bool is_bounded = ends_by && *ends_by > now_;
    AccessPath& path = add_path(PathKind::app_session,
                                is_bounded ? PathState::ends_by : PathState::unknown, kTold);
    path.step_id = step.id;
    path.target = app.app.id.str();
    path.display_name = app.app.display_name;
    path.count = app.session_count;
    path.count_is_least = app.session_count >= limits::kLogoutSessionsMax;
    if (is_bounded) path.ends_by = ends_by;
    path.reason = kToldUnseen;
  }

  void add_app_session(const AppFacts& app) {
    const std::optional<TimePoint> ends_by = own_end_of(app);
    if (ends_by && *ends_by <= now_) return;
    AccessPath& path = add_path(PathKind::app_session,
                                ends_by ? PathState::ends_by : PathState::unknown, kOutOfReach);
    path.target = app.app.id.str();
    path.display_name = app.app.display_name;
    path.count = app.signed_in_count;
    path.count_is_least = !app.complete;
    path.ends_by = ends_by;
    path.reason = std::string{ends_by ? kOwnSessionBounded : kOwnSessionUnknown} + "; " +
                  std::string{logout_channel_sentence(app.app)};
  }

  void add_devices() {
    for (const Device& device : facts_.devices) {
      Step& step =
          add_step(local_target::kDevice, device.id.str(), "Device " + device.display_name);
      AccessPath& path = add_ended(PathKind::device, step, "the device is blocked");
      path.target = device.id.str();
      path.display_name = device.display_name;
      path.count = 1;
      note_if_new(path, device.registered_at);
      if (!facts_.actor_may_disable_devices) make_wait(step, path, kDeviceNeedsRole);
    }
  }

  // A sweep says of everything that it takes when it appeared.
  void note_if_new(AccessPath& path, TimePoint made_at) const {
    const auto& since = plan_.options.since;
    if (since && made_at >= *since) path.made_at = made_at;
  }

  void add_api_keys() {
    for (const ApiKey& key : facts_.api_keys) {
      const Step& step = add_step(local_target::kApiKey, key.id, "API key " + key.display_name);
      AccessPath& path = add_ended(PathKind::api_key, step,
                                   revokes_account() ? "the API key is removed" : kRefusedByRule);
      path.target = key.id;
      path.display_name = key.display_name;
      path.count = 1;
      note_if_new(path, key.created_at);
    }
  }

  void add_subscriptions() {
    if (facts_.subscription_count == 0) return;
    const Step& step =
        add_step(local_target::kSubscriptions, "", "Change notifications that the subject set up");
    AccessPath& path = add_ended(PathKind::subscription, step, kRefusedByRule);
    path.target = "subscriptions";
    path.display_name = "receivers that the subject named";
    path.count = facts_.subscription_count;
    path.count_is_least = !facts_.subscriptions_complete;
  }

  void add_registrations() {
    for (const RegistrationToken& token : facts_.registration_tokens) {
      const std::string_view noun =
          token.enrols_app_id ? "Enrolment code of the gate " : "Initial access token ";
      const Step& step = add_step(local_target::kRegistrationToken, token.id,
                                  std::string{noun} + token.display_name);
      AccessPath& path =
          add_ended(PathKind::registration, step,
                    revokes_account() ? "the initial access token is removed" : kRefusedByRule);
      path.target = token.id;
      path.display_name = token.display_name;
      path.count = 1;
    }
    if (facts_.registration_count == 0) return;
    const Step& step = add_step(local_target::kRegistrations, "",
                                "Applications that registered with the subject's tokens");
    AccessPath& path = add_ended(PathKind::registration, step, kRefusedByRule);
    path.target = "registration_access_token";
    path.display_name = "applications that registered themselves with the subject's tokens";
    path.count = facts_.registration_count;
    path.count_is_least = !facts_.registrations_complete;
  }

  void add_assignments() {
    if (facts_.assignments.empty() || plan_.options.asks_for(kAssignmentsOption)) return;
    AccessPath& path =
        add_path(PathKind::assignment, PathState::ended, "of no use while the account is blocked");
    path.step_id = account_step_;
    path.display_name = "to applications, which stays";
    path.count = facts_.assignments.size();
  }

  void add_item(const FoundItem& item) {
    const RunPart& part = *item.part;
    Step& step =
        add_step(part.connector, item.target, std::string{part.noun} + " " + item.display_name);
    AccessPath& path = add_ended(part.path_kind, step, part.control);
    path.target = item.target;
    path.display_name = item.display_name;
    path.count = 1;
    path.made_at = item.made_at;
    path.made_by = item.made_by;
    if (!item.waits_for.empty()) make_wait(step, path, item.waits_for);
  }

  void add_unread() {
    FoundItem more;
    more.part = &part_of_changes();
    more.target = "more";
    more.display_name = "more than was read";
    more.waits_for =
        "there was more than one run looks at, the newest first: read the audit for what is older";
    add_item(more);
  }

  const SubjectFacts& facts_;
  const PlanPolicy& policy_;
  TimePoint now_;
  RunId run_id_;
  StepId account_step_;
  Plan plan_;
};

}  // namespace

Step step_after(const std::vector<Step>& steps, const TenantId& tenant_id, const RunId& run_id) {
  Step step;
  step.tenant_id = tenant_id;
  step.run_id = run_id;
  step.ordinal = static_cast<std::uint32_t>(steps.size());
  step.id = StepId{run_id.str() + "." + std::to_string(step.ordinal)};
  return step;
}

void make_wait(Step& step, AccessPath& path, std::string_view what_to_do) {
  step.made_in_cut = false;
  step.phase = StepPhase::prepare;
  step.state = StepState::waiting;
  step.last_error = what_to_do;
  path.state = PathState::waiting;
  path.ended_at.reset();
  path.reason = what_to_do;
}

Plan make_plan(const SubjectFacts& facts, const PlanOptions& options, const PlanPolicy& policy,
               const RunId& run_id, TimePoint now) {
  return Planner{facts, options, policy, run_id, now}.make();
}

}  // namespace curfew
