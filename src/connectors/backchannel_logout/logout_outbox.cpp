#include "connectors/backchannel_logout/logout_outbox.hpp"

#include <cstdint>
#include <optional>
#include <vector>

#include "base/duration.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "io/rounds.hpp"
#include "store/schema.hpp"
#include "store/schema_logout.hpp"

namespace curfew {

namespace {

// What is due by the clock, not by a commit.
constexpr Duration kLookAtLeastEvery = std::chrono::seconds{10};
constexpr Duration kPauseWithoutDisk = std::chrono::seconds{10};
constexpr Duration kBackoffFirst = std::chrono::seconds{1};
constexpr Duration kBackoffMax = std::chrono::minutes{10};
// Calls that wait for a thread at once; the others are looked at when these are settled.
constexpr std::size_t kUnderWayMax = 256;

}  // namespace

LogoutOutbox::LogoutOutbox(LogoutTeller& teller, Runtime& runtime)
    : teller_(teller),
      runtime_(runtime),
      watch_(teller.parts().store, teller.parts().clock, {&table_of<LogoutNotice>()},
             kLookAtLeastEvery) {}

void LogoutOutbox::start_rounds() {
  start_rounds_of(shared_from_this(), runtime_, teller_.parts().executor, kLogoutLookEvery);
}

Result<std::vector<LogoutNotice>> LogoutOutbox::due() const {
  const OutsideParts& parts = teller_.parts();
  return read_value<std::vector<LogoutNotice>>(parts.store, [&](ReadTx& tx) {
    Query query;
    query.index = "logout_notices_by_time";
    query.prefix = keys_of(parts.tenant_id);
    query.limit = kUnderWayMax;
    return scan_as<LogoutNotice>(tx, query);
  });
}

Task<Done> LogoutOutbox::round() {
  const bool must_wait =
      under_way_.size() >= kUnderWayMax || teller_.parts().clock.now() < not_before_;
  if (must_wait || watch_.has_nothing_new()) co_return Done{};
  auto notices = due();
  if (!notices.ok()) {
    log(LogLevel::warning, "logout.failed", {{"why", notices.error().message()}});
    watch_.look_again();
    co_return Done{};
  }
  const TimePoint now = teller_.parts().clock.now();
  for (LogoutNotice& notice : *notices) {
    if (notice.next_try_at > now) {
      watch_.look_again_at(notice.next_try_at);
      break;  // they come by time
    }
    if (under_way_.contains({notice.session_id, notice.app_id})) continue;
    co_await look_at(std::move(notice));
  }
  co_return Done{};
}

Task<Done> LogoutOutbox::look_at(LogoutNotice notice) {
  const OutsideParts& parts = teller_.parts();
  const auto app = read_value<std::optional<App>>(
      parts.store, [&](ReadTx& tx) { return load<App>(tx, parts.tenant_id, notice.app_id); });
  if (!app.ok()) {
    watch_.look_again();
    co_return Done{};
  }
  if (!*app || !(**app).backchannel_logout_uri) co_return co_await drop(std::move(notice));
  under_way_.insert({notice.session_id, notice.app_id});
  const TimePoint not_after = parts.clock.now() + limits::kLogoutTokenTime / 2;
  teller_.tell(**app, notice.user_id, notice.session_id, not_after,
               [self = shared_from_this(), notice](Result<std::string> said) {
                 start<Done>(self->settle(notice, std::move(said)), [self, notice](Done) {
                   self->under_way_.erase({notice.session_id, notice.app_id});
                   self->watch_.look_again();
                 });
               });
  co_return Done{};
}

Task<Done> LogoutOutbox::settle(LogoutNotice notice, Result<std::string> said) {
  if (said.ok()) co_return co_await drop(std::move(notice));
  const TimePoint now = teller_.parts().clock.now();
  const bool is_hopeless = said.error().retry() == Retry::never ||
                           now - notice.created_at >= limits::kLogoutRetryTimeMax;
  log(is_hopeless ? LogLevel::warning : LogLevel::info,
      is_hopeless ? "logout.given_up" : "logout.not_told",
      {{"app", notice.app_id.str()},
       {"failures", static_cast<std::int64_t>(notice.attempt_count) + 1},
       {"why", said.error().message()}});
  if (is_hopeless) co_return co_await drop(std::move(notice));
  std::function<Result<Done>(WriteTx&)> body = [this, notice, now](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(auto row,
               load<LogoutNotice>(tx, teller_.parts().tenant_id, notice.session_id, notice.app_id));
    if (!row) return Done{};
    row->next_try_at = now + doubled(kBackoffFirst, row->attempt_count, kBackoffMax);
    ++row->attempt_count;
    return save(tx, *row);
  };
  co_return co_await write(std::move(body));
}

Task<Done> LogoutOutbox::drop(LogoutNotice notice) {
  std::function<Result<Done>(WriteTx&)> body = [this, notice](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(
        remove<LogoutNotice>(tx, teller_.parts().tenant_id, notice.session_id, notice.app_id));
    return Done{};
  };
  co_return co_await write(std::move(body));
}

// What is not written is looked at again, and told again.
Task<Done> LogoutOutbox::write(std::function<Result<Done>(WriteTx&)> body) {
  const OutsideParts& parts = teller_.parts();
  const Result<Done> written =
      co_await write_value<Done>(parts.store, parts.executor, Urgency::normal, std::move(body));
  if (written.ok()) co_return Done{};
  log(LogLevel::warning, "logout.failed", {{"why", written.error().message()}});
  not_before_ = parts.clock.now() + kPauseWithoutDisk;
  co_return Done{};
}

}  // namespace curfew
