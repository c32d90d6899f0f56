#include "revocation/facts.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "revocation/lifetime_history.hpp"
#include "revocation/membership.hpp"
#include "store/journal.hpp"
#include "store/schema.hpp"
#include "store/schema_changes.hpp"
#include "store/schema_device_codes.hpp"
#include "store/schema_gates.hpp"
#include "store/schema_logout.hpp"
#include "store/schema_registration.hpp"

namespace curfew {

namespace {

bool is_open(const std::optional<TimePoint>& ended_at, TimePoint expires_at, TimePoint now) {
  return !ended_at && expires_at > now;
}

Status load_sessions(ReadTx& tx, SubjectFacts& facts, TimePoint now) {
  Query query;
  query.index = "sessions_by_user";
  query.prefix = keys_of(facts.user.tenant_id, facts.user.id);
  query.descending = true;
  query.limit = kFactsSessionsMax;
  CURFEW_TRY(const auto sessions, scan_as<Session>(tx, query));
  facts.sessions_complete = sessions.size() < kFactsSessionsMax;
  facts.session_count = static_cast<std::uint64_t>(std::count_if(
      sessions.begin(), sessions.end(),
      [&](const Session& session) { return is_open(session.ended_at, session.expires_at, now); }));
  return Done{};
}

Status load_codes(ReadTx& tx, SubjectFacts& facts, TimePoint now) {
  Query query;
  query.index = "authorization_codes_by_user";
  query.prefix = keys_of(facts.user.tenant_id, facts.user.id);
  query.limit = kFactsCodesMax;
  CURFEW_TRY(const auto codes, scan_as<AuthorizationCode>(tx, query));
  facts.code_count = static_cast<std::uint64_t>(std::count_if(
      codes.begin(), codes.end(),
      [&](const AuthorizationCode& code) { return is_open(code.used_at, code.expires_at, now); }));
  return Done{};
}

Status load_device_codes(ReadTx& tx, SubjectFacts& facts, TimePoint now) {
  Query query;
  query.index = "device_codes_by_user";
  query.prefix = keys_of(facts.user.tenant_id, facts.user.id);
  query.limit = kFactsCodesMax;
  CURFEW_TRY(const auto codes, scan_as<DeviceCode>(tx, query));
  facts.device_code_count = static_cast<std::uint64_t>(
      std::count_if(codes.begin(), codes.end(), [&](const DeviceCode& code) {
        return code.state == DeviceCodeState::approved &&
               is_open(code.used_at, code.expires_at, now);
      }));
  return Done{};
}

// What is known about the resources that tokens were issued for, while grants are read.
using Resources = std::map<std::string, ResourceFacts>;

// Of one grant that has tokens in a status list, and of others.
void note_unlisted(ResourceFacts& resource, const Grant& grant) {
  const TimePoint unlisted = grant.unlisted_access_ends_by.value_or(grant.access_ends_by);
  const TimePoint before = resource.unlisted_access_ends_by.value_or(TimePoint{});
  resource.unlisted_access_ends_by = std::max(before, unlisted);
}

void note_grant(Resources& resources, AppFacts& app, const Grant& grant, TimePoint now) {
  if (is_open(grant.ended_at, grant.expires_at, now)) ++app.live_grant_count;
  // On behalf of the person, nobody signed in there: no session of the application's own began.
  if (grant.inherited_keys.empty()) {
    ++app.signed_in_count;
    app.last_sign_in_at = std::max(app.last_sign_in_at, grant.created_at);
  }
  ResourceFacts& resource = resources[grant.resource];
  // An ended or expired grant counts too: its access tokens may outlive it.
  if (grant.access_ends_by > now) ++resource.grant_count;
  resource.access_ends_by = std::max(resource.access_ends_by, grant.access_ends_by);
  note_unlisted(resource, grant);
}

// Whether the grant, or an access token from it, may still be of use to somebody.
bool may_be_alive(const Grant& grant, TimePoint now) {
  return is_open(grant.ended_at, grant.expires_at, now) || grant.access_ends_by > now;
}

// What may still be looked at, of all applications together.
struct GrantBudget {
  std::size_t more_rows = kFactsMoreGrantRowsMax;

  // Takes so many rows, of one application that `read` were looked at of.
  std::size_t take(std::size_t read) {
    if (read == 0) return kFactsGrantsPerAppMax + 1;
    const std::size_t rows =
        std::min({kFactsGrantsPerAppMax, kFactsGrantRowsPerAppMax - read, more_rows});
    more_rows -= rows;
    return rows;
  }
};

// The grants of one application, up to the limits; whether that were all.
Result<bool> load_app_grants(ReadTx& tx, const SubjectFacts& facts, AppFacts& app,
                             Resources& resources, GrantBudget& budget, TimePoint now) {
  Query query;
  query.index = "grants_by_user";
  query.prefix = keys_of(facts.user.tenant_id, facts.user.id, app.app.id);
  std::size_t alive = 0;
  std::size_t read = 0;
  while (const std::size_t rows = budget.take(read)) {
    query.limit = rows;
    CURFEW_TRY(const auto grants, scan_as<Grant>(tx, query));
    for (const Grant& grant : grants) {
      if (may_be_alive(grant, now) && ++alive > kFactsGrantsPerAppMax) return false;
      note_grant(resources, app, grant, now);
    }
    if (grants.size() < rows) return true;
    read += grants.size();
    query.above = grants.back().id.str();
  }
  query.limit = 1;
  CURFEW_TRY(const auto rest, scan_as<Grant>(tx, query));
  return rest.empty();
}

// The next application after `above` that the subject has a grant of: one step along the index,
// however many grants lie between.
Result<std::optional<AppId>> next_app(ReadTx& tx, const SubjectFacts& facts, const AppId& above) {
  Query query;
  query.index = "grants_by_user";
  query.prefix = keys_of(facts.user.tenant_id, facts.user.id);
  if (!above.empty()) query.above = above.str();
  query.limit = 1;
  CURFEW_TRY(const auto grants, scan_as<Grant>(tx, query));
  if (grants.empty()) return std::optional<AppId>{};
  return std::optional{grants.front().app_id};
}

Result<App> app_or_its_name(ReadTx& tx, const TenantId& tenant_id, const AppId& id) {
  CURFEW_TRY(auto app, load<App>(tx, tenant_id, id));
  if (app) return std::move(*app);
  App gone;  // removed since, but what it was given may still be out there
  gone.tenant_id = tenant_id;
  gone.id = id;
  gone.display_name = id.str();
  return gone;
}

Result<std::uint64_t> count_sessions_at(ReadTx& tx, const SubjectFacts& facts, const AppId& app) {
  Query query;
  query.table = &table_of<SessionClient>();
  query.index = "session_clients_by_user";
  query.prefix = keys_of(facts.user.tenant_id, facts.user.id, app);
  query.limit = limits::kLogoutSessionsMax;
  return tx.count(query);
}

Status load_apps(ReadTx& tx, SubjectFacts& facts, TimePoint now) {
  Resources resources;
  GrantBudget budget;
  bool all_complete = true;
  AppId above;
  while (true) {
    CURFEW_TRY(const auto id, next_app(tx, facts, above));
    if (!id) break;
    if (facts.apps.size() == kFactsAppsMax) {
      facts.apps_complete = all_complete = false;
      break;
    }
    AppFacts app;
    CURFEW_TRY(app.app, app_or_its_name(tx, facts.user.tenant_id, *id));
    CURFEW_TRY(app.complete, load_app_grants(tx, facts, app, resources, budget, now));
    if (app.app.backchannel_logout_uri) {
      CURFEW_TRY(app.session_count, count_sessions_at(tx, facts, *id));
    }
    all_complete = all_complete && app.complete;
    facts.apps.push_back(std::move(app));
    above = *id;
  }
  // A grant that was not read may be for any resource.
  facts.resources_complete = all_complete;
  for (auto& [name, resource] : resources) {
    resource.resource = name;
    resource.complete = all_complete;
    facts.resources.push_back(std::move(resource));
  }
  return Done{};
}

template <typename T>
Result<std::vector<T>> load_objects(ReadTx& tx, std::string_view index, std::vector<Value> prefix,
                                    std::string_view what) {
  Query query;
  query.index = index;
  query.prefix = std::move(prefix);
  query.limit = kFactsObjectsMax + 1;
  CURFEW_TRY(auto objects, scan_as<T>(tx, query));
  if (objects.size() > kFactsObjectsMax) return too_many_objects(what);
  return objects;
}

// Counts no further than kFactsObjectsMax.
template <typename T>
Result<std::uint64_t> count_objects(ReadTx& tx, std::string_view index, std::vector<Value> prefix) {
  Query query;
  query.table = &table_of<T>();
  query.index = index;
  query.prefix = std::move(prefix);
  query.limit = kFactsObjectsMax;
  return tx.count(query);
}

// What tells receivers of changes in the directory, by the subject's right.
Status load_subscriptions(ReadTx& tx, SubjectFacts& facts) {
  CURFEW_TRY(facts.subscription_count,
             count_objects<Subscription>(tx, "subscriptions_by_creator",
                                         keys_of(facts.user.tenant_id, facts.user.id)));
  facts.subscriptions_complete = facts.subscription_count < kFactsObjectsMax;
  return Done{};
}

Status load_registrations(ReadTx& tx, SubjectFacts& facts) {
  const std::vector<Value> maker = keys_of(facts.user.tenant_id, facts.user.id);
  CURFEW_TRY(facts.registration_tokens,
             load_objects<RegistrationToken>(tx, "registration_tokens_by_maker", maker,
                                             "initial access tokens"));
  CURFEW_TRY(facts.registration_count,
             count_objects<Registration>(tx, "registrations_by_maker", maker));
  facts.registrations_complete = facts.registration_count < kFactsObjectsMax;
  return Done{};
}

Status load_gates(ReadTx& tx, SubjectFacts& facts) {
  Query query;
  query.table = &table_of<Gate>();
  query.prefix = keys_of(facts.user.tenant_id);
  CURFEW_TRY(facts.gate_count, tx.count(query));
  return Done{};
}

}  // namespace

Error too_many_objects(std::string_view what) {
  return Error{
      ErrorCode::exhausted, Retry::after_human,
      "the subject has more than " + std::to_string(kFactsObjectsMax) + " " + std::string{what}};
}

Result<SubjectFacts> load_subject_facts(ReadTx& tx, const TenantId& tenant_id,
                                        const UserId& user_id, TimePoint now) {
  SubjectFacts facts;
  CURFEW_TRY(KnownUser known, known_user(tx, tenant_id, user_id));
  facts.user = std::move(known.user);
  CURFEW_TRY_STATUS(load_sessions(tx, facts, now));
  CURFEW_TRY_STATUS(load_codes(tx, facts, now));
  CURFEW_TRY_STATUS(load_device_codes(tx, facts, now));
  CURFEW_TRY_STATUS(load_apps(tx, facts, now));
  CURFEW_TRY(facts.devices,
             load_objects<Device>(tx, "devices_by_owner", keys_of(tenant_id, user_id), "devices"));
  CURFEW_TRY(facts.api_keys, load_objects<ApiKey>(tx, "api_keys_by_owner",
                                                  keys_of(tenant_id, user_id), "API keys"));
  CURFEW_TRY_STATUS(load_subscriptions(tx, facts));
  CURFEW_TRY_STATUS(load_gates(tx, facts));
  CURFEW_TRY_STATUS(load_registrations(tx, facts));
  CURFEW_TRY(
      facts.assignments,
      load_objects<AppAssignment>(tx, "app_assignments_by_principal",
                                  keys_of(tenant_id, PrincipalKind::user, user_id), "assignments"));
  CURFEW_TRY(facts.earlier_tokens_end_by, earlier_tokens_end_by(tx, tenant_id, now));
  CURFEW_TRY(facts.holds, holds_on(tx, tenant_id, key_of(user_id)));
  return facts;
}

Result<bool> is_always_taken(ReadTx& tx, const TenantId& tenant_id, const UserId& subject_id,
                             const Step& step) {
  if (step.connector == local_target::kApiKey) {
    CURFEW_TRY(const auto key, load<ApiKey>(tx, tenant_id, step.target));
    return !key || key->owner == subject_id;
  }
  if (step.connector == local_target::kRegistrationToken) {
    CURFEW_TRY(const auto token, load<RegistrationToken>(tx, tenant_id, step.target));
    return !token || (token->maker_kind == ActorKind::user && token->maker_id == subject_id.str());
  }
  return false;
}

Result<User> find_subject(ReadTx& tx, const TenantId& tenant_id, const std::string& id_or_name) {
  if (id_or_name.find('@') == std::string::npos) {
    CURFEW_TRY(KnownUser known, known_user(tx, tenant_id, UserId{id_or_name}));
    return std::move(known.user);
  }
  Query query;
  query.index = "users_by_upn";
  query.prefix = keys_of(tenant_id, ascii_lower(id_or_name));
  query.limit = 1;
  CURFEW_TRY(const auto users, scan_as<User>(tx, query));
  if (users.empty()) return Error::permanent(ErrorCode::not_found, "there is no such user");
  return users.front();
}

}  // namespace curfew
