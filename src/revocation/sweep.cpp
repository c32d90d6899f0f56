#include "revocation/sweep.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "revocation/facts.hpp"
#include "revocation/guard.hpp"
#include "revocation/membership.hpp"
#include "revocation/part.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

constexpr std::string_view kUnknownTime =
    "nobody recorded since when they have it: look whether it is theirs, and take it away if not";

// After which somebody can go on as the entry's subject, whom it made or to whom it was a way in.
constexpr std::array<std::string_view, 3> kMakes{"user.add", "app.add", "app.register"};
constexpr std::array<std::string_view, 5> kGetsInto{"user.reset_password", "user.add_email_method",
                                                    "user.change_email_method", "app.add_secret",
                                                    "app.add_key"};
// What every run takes of the person who did it.
constexpr std::array<std::string_view, 2> kEndsWithItsMaker{"device.register", "subscription.add"};

// Somebody as whom the person could go on, from a time on.
struct Principal {
  std::string id;
  std::string name;
  TimePoint since{};
  bool is_theirs = false;  // they made it; else it has work of its own
};

std::vector<FoundItem> in_order_of_parts(std::vector<FoundItem> items) {
  std::vector<FoundItem> ordered;
  ordered.reserve(items.size());
  for (const RunPart* part : run_parts()) {
    for (FoundItem& item : items) {
      if (item.part == part) ordered.push_back(std::move(item));
    }
  }
  return ordered;
}

// One reading of everything beside the account.
class Finder {
 public:
  Finder(PartLook look, const AuditLog& audit, const Actor& actor, const PlanOptions& options,
         SubjectFacts& facts)
      : look_(look), audit_(audit), actor_(actor), options_(options), facts_(facts) {}

  Status find() {
    if (options_.since || asks_for_made()) {
      CURFEW_TRY_STATUS(follow_principals());
    }
    CURFEW_TRY_STATUS(find_held());
    facts_.items = in_order_of_parts(std::move(facts_.items));
    return ask_guard();
  }

 private:
  [[nodiscard]] bool is_asked(const RunPart& part) const {
    return !part.option.empty() && options_.asks_for(part.option);
  }

  // All that the audit says was made of it, because nobody holds it as their own.
  [[nodiscard]] bool is_asked_of_audit(const RunPart& part) const {
    return part.of_person == nullptr && is_asked(part);
  }

  FoundItem* known(const FoundItem& item) {
    const auto found = std::ranges::find_if(facts_.items, [&](const FoundItem& other) {
      return other.part == item.part && other.target == item.target;
    });
    return found == facts_.items.end() ? nullptr : &*found;
  }

  // So much of one sort, whatever there is of another: what a person has to decide must not keep
  // anything from being taken.
  void note(FoundItem item) {
    const auto count = std::ranges::count_if(facts_.items, [&](const FoundItem& other) {
      return (other.part->removal == nullptr) == (item.part->removal == nullptr) &&
             other.waits_for.empty() == item.waits_for.empty();
    });
    if (static_cast<std::size_t>(count) >= kSweepItemsMax) {
      facts_.items_complete = false;
      return;
    }
    facts_.items.push_back(std::move(item));
  }

  // --- what the person holds

  Status find_held() {
    for (const RunPart* part : run_parts()) {
      if (part->of_person == nullptr || (!options_.since && !is_asked(*part))) continue;
      CURFEW_TRY(std::vector<FoundItem> held, part->of_person(look_, facts_.user.id));
      if (held.size() >= kPartItemsMax) {
        if (is_asked(*part)) return too_many_objects(part->option);
        facts_.items_complete = false;
      }
      for (FoundItem& item : held) note_held(std::move(item));
    }
    return Done{};
  }

  void note_held(FoundItem item) {
    const bool is_new = !item.made_at || (options_.since && *item.made_at >= *options_.since);
    if (FoundItem* const made = known(item)) {
      // It is the person's own: whoever gave it to them, it goes with the account.
      made->waits_for.clear();
      return;
    }
    if (!is_asked(*item.part)) {
      if (!is_new) return;
      if (!item.made_at) item.waits_for = kUnknownTime;
    }
    // Bounded by itself (kPartItemsMax), and so never what is left out.
    facts_.items.push_back(std::move(item));
  }

  // --- what they made, and those as whom they can go on

  Status follow_principals() {
    const std::string& name = facts_.user.user_principal_name;
    principals_.push_back({facts_.user.id.str(), name, options_.since.value_or(TimePoint{}), true});
    for (std::size_t at = 0; at < principals_.size(); ++at) {
      CURFEW_TRY_STATUS(read_records(Principal{principals_[at]}, at == 0));
    }
    return Done{};
  }

  Status read_records(const Principal& principal, bool is_subject) {
    if (records_left_ == 0) return Done{};  // said by items_complete
    const bool reads_all = is_subject && asks_for_made();
    const TimePoint since = reads_all ? TimePoint{} : principal.since;
    CURFEW_TRY(const auto records, audit_.read_about(look_.tx, principal.id, since, records_left_));
    records_left_ -= records.size();
    if (records_left_ == 0) facts_.items_complete = false;
    for (const AuditRecord& record : records) {
      if (record.entry.outcome != AuditOutcome::success) continue;
      const bool is_actor = record.actor_id == principal.id;
      if (!is_actor && !is_subject) continue;
      CURFEW_TRY_STATUS(read_record(record, principal, is_actor));
    }
    return Done{};
  }

  // Of a part whose items are known from the audit alone, all were asked for.
  [[nodiscard]] bool asks_for_made() const {
    return std::ranges::any_of(run_parts(),
                               [&](const RunPart* part) { return is_asked_of_audit(*part); });
  }

  Status read_record(const AuditRecord& record, const Principal& principal, bool is_actor) {
    const bool is_swept = options_.since && record.entry.at >= principal.since;
    if (is_actor && is_swept) follow_record(record, principal);
    for (const RunPart* part : run_parts()) {
      const bool is_wanted = is_swept || is_asked_of_audit(*part);
      if (part->made_by == nullptr || !is_wanted) continue;
      // What others changed about the person is their business, unless it is something to hold.
      if (!is_actor && part->removal == nullptr) continue;
      CURFEW_TRY(auto made, part->made_by(look_, record));
      if (!made) continue;
      for (FoundItem& item : *made) {
        CURFEW_TRY_STATUS(note_made(std::move(item), record, principal, is_actor && is_swept));
      }
    }
    return Done{};
  }

  Status note_made(FoundItem item, const AuditRecord& record, const Principal& principal,
                   bool is_followed) {
    if (is_followed && item.part->leads_to != nullptr && !item.target.empty()) {
      CURFEW_TRY(const std::string next, item.part->leads_to(look_, item.target));
      follow(next, next == item.target && item.waits_for.empty(), record, principal);
    }
    if (is_taken_anyhow(item, record)) return Done{};
    item.made_at = record.entry.at;
    item.made_by = record.actor_name.empty() ? record.actor_id : record.actor_name;
    if (item.target.empty()) item = not_named(std::move(item), record);
    if (item.waits_for.empty() && !principal.is_theirs) {
      item.waits_for = principal.name + " made it, as whom " + facts_.user.user_principal_name +
                       " could go on: look whether it is its own work, and take it away if not";
    }
    FoundItem* const earlier = known(item);
    if (earlier == nullptr) {
      note(std::move(item));
    } else if (item.waits_for.empty() && !earlier->waits_for.empty()) {
      *earlier = std::move(item);
    }
    return Done{};
  }

  // The person's own devices, API keys and initial access tokens are part of every run.
  [[nodiscard]] bool is_taken_anyhow(const FoundItem& item, const AuditRecord& record) const {
    const auto is_among = [&](const auto& own) {
      return std::ranges::any_of(own, [&](const auto& one) { return item.target == one.id; });
    };
    switch (item.part->path_kind) {
      case PathKind::api_key: return is_among(facts_.api_keys);
      case PathKind::registration: return is_among(facts_.registration_tokens);
      case PathKind::device:
        return std::ranges::any_of(facts_.devices,
                                   [&](const Device& own) { return item.target == own.id.str(); });
      case PathKind::change:
        return record.actor_id == facts_.user.id.str() &&
               std::ranges::find(kEndsWithItsMaker, record.entry.action) != kEndsWithItsMaker.end();
      default: return false;  // everything else is what a sweep alone takes
    }
  }

  // Entries of before say whom something was given, and not what.
  static FoundItem not_named(FoundItem item, const AuditRecord& record) {
    item.waits_for = "the audit does not name it: look at what " + record.subject_name +
                     " has got, and take away what is not yours";
    item.part = &part_of_changes();
    item.target = std::to_string(record.entry.sequence);
    return item;
  }

  // Also where the thing itself is gone again: intruders tidy up, and so does whoever cleans up by
  // hand.
  void follow_record(const AuditRecord& record, const Principal& from) {
    const auto is_among = [&](const auto& actions) {
      return std::ranges::find(actions, record.entry.action) != actions.end();
    };
    if (is_among(kMakes) || is_among(kGetsInto)) {
      follow(record.subject_id, is_among(kMakes), record, from);
    } else if (record.entry.action == "key.add") {
      follow(record.detail, false, record, from);
    }
  }

  // `is_made`: there was nobody of that id before.
  void follow(const std::string& id, bool is_made, const AuditRecord& record,
              const Principal& from) {
    if (id.empty() || id == actor_.id) return;
    const bool is_theirs = from.is_theirs && is_made;
    for (Principal& seen : principals_) {
      if (seen.id != id) continue;
      seen.is_theirs = seen.is_theirs || is_theirs;
      seen.since = std::min(seen.since, record.entry.at);
      return;
    }
    if (principals_.size() >= kSweepPrincipalsMax) {
      facts_.items_complete = false;
      return;
    }
    const std::string name = record.subject_name.empty() ? id : record.subject_name;
    principals_.push_back({id, name, record.entry.at, is_theirs});
  }

  // --- what the actor may

  Status ask_guard() {
    for (FoundItem& item : facts_.items) {
      if (!item.waits_for.empty()) continue;
      CURFEW_TRY(const Removal removal, item.part->removal(look_, item.target));
      const Status may =
          check_part_guard(look_.tx, look_.tenant_id, actor_, removal, RightTo::take);
      if (may.ok()) continue;
      if (may.error().code() != ErrorCode::denied || is_asked(*item.part)) return may.error();
      item.waits_for = "whoever revokes may not take it away (" + may.error().message() + ")";
    }
    return Done{};
  }

  PartLook look_;
  const AuditLog& audit_;
  const Actor& actor_;
  const PlanOptions& options_;
  SubjectFacts& facts_;
  std::vector<Principal> principals_;
  std::size_t records_left_ = kSweepRecordsMax;
};

// The application whose credentials or standing the removal is about.
Result<std::optional<App>> app_of(ReadTx& tx, const TenantId& tenant_id, const Removal& removal) {
  switch (removal.kind) {
    case RemovalKind::disable_app:
    case RemovalKind::remove_app_secret:
    case RemovalKind::remove_client_key:
      return removal.app_id ? load<App>(tx, tenant_id, *removal.app_id) : std::optional<App>{};
    case RemovalKind::remove_api_key: {
      CURFEW_TRY(const auto key, load<ApiKey>(tx, tenant_id, removal.object_id));
      return key ? load<App>(tx, tenant_id, key->app_id) : std::optional<App>{};
    }
    case RemovalKind::revoke_user:
    case RemovalKind::disable_user:
    case RemovalKind::revoke_sessions:
    case RemovalKind::reset_password:
    case RemovalKind::disable_device:
    case RemovalKind::tighten_app:
    case RemovalKind::tighten_device:
    case RemovalKind::remove_assignment:
    case RemovalKind::remove_consent:
    case RemovalKind::remove_role:
    case RemovalKind::remove_group_member:
    case RemovalKind::end_session:
    case RemovalKind::end_grant:
    case RemovalKind::remove_registration_token:
    case RemovalKind::remove_method:
    case RemovalKind::hold_key:
    case RemovalKind::withdraw_key:
    case RemovalKind::reauth_tenant: break;
  }
  return std::optional<App>{};
}

}  // namespace

Result<TimePoint> parse_since(std::string_view text, TimePoint now) {
  const auto refused = Error::permanent(
      ErrorCode::invalid_argument,
      "since is a time such as \"2026-01-31T09:00:00Z\" or how long ago, such as \"2h\"; it must "
      "lie in the past");
  if (const auto at = parse_rfc3339(text)) return *at <= now ? Result<TimePoint>{*at} : refused;
  const auto ago = parse_duration(text);
  if (!ago.ok()) return refused;
  return now - *ago;
}

Status check_options(const PlanOptions& options) {
  const std::vector<std::string_view> known = part_options();
  for (const std::string& option : options.parts) {
    if (std::ranges::find(known, option) != known.end()) continue;
    std::vector<std::string> names{known.begin(), known.end()};
    return Error::permanent(
        ErrorCode::invalid_argument,
        "there is no part " + escape_for_display(option, 64) + "; also takes " + join(names, ", "));
  }
  if (options.mode == RunMode::revoke || (options.parts.empty() && !options.since)) return Done{};
  return Error::permanent(ErrorCode::invalid_argument,
                          "a run that only ends sessions takes nothing else: leave also and since "
                          "out, or revoke the account");
}

Status load_items(ReadTx& tx, const AuditLog& audit, const Actor& actor, const PlanOptions& options,
                  SubjectFacts& facts) {
  if (options.parts.empty() && !options.since) return Done{};
  const PartLook look{tx, facts.user.tenant_id};
  return Finder{look, audit, actor, options, facts}.find();
}

Status check_part_guard(ReadTx& tx, const TenantId& tenant_id, const Actor& actor,
                        const Removal& removal, RightTo right) {
  GuardedAction action = action_of(removal.kind);
  if (action == GuardedAction::disable_user && right == RightTo::give) {
    action = GuardedAction::enable_user;
  }
  CURFEW_TRY(const GuardSubject subject, guard_subject_of(tx, tenant_id, removal));
  CURFEW_TRY_STATUS(check_guard(tx, tenant_id, action, actor, subject));
  CURFEW_TRY(const auto app, app_of(tx, tenant_id, removal));
  if (!app) return Done{};
  CURFEW_TRY(const auto roles, roles_of(tx, tenant_id, app->id.str()));
  const bool stands_above = !roles.empty() || !app->application_permissions.empty() ||
                            !app->admin_consented_scopes.empty();
  if (!stands_above) return Done{};
  return check_guard(tx, tenant_id, GuardedAction::change_role, actor, {});
}

}  // namespace curfew
