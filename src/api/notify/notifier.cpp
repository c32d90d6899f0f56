#include "api/notify/notifier.hpp"

#include <algorithm>
#include <utility>

#include "base/duration.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "io/rounds.hpp"
#include "store/change_log.hpp"
#include "store/schema_changes.hpp"

namespace curfew {

namespace {

// Reminders and ends are due by the clock, not by a change.
constexpr Duration kLookAtLeastEvery = std::chrono::seconds{30};
// So many changes that are of no interest are passed before the place is stored.
constexpr std::int64_t kPassedMax = 1'000;

}  // namespace

Notifier::Notifier(const ServerContext& context, Executor& executor)
    : context_(context),
      executor_(executor),
      watch_(context.store, context.clock,
             {&table_of<DirectoryChange>(), &table_of<Subscription>()}, kLookAtLeastEvery) {}

void Notifier::start_rounds() {
  start_rounds_of(shared_from_this(), context_.runtime, executor_, kNotifyEvery);
}

Result<std::vector<Subscription>> Notifier::subscriptions() const {
  return read_value<std::vector<Subscription>>(context_.store, [&](ReadTx& tx) {
    Query query;
    query.prefix = keys_of(context_.tenant_id);
    query.limit = limits::kSubscriptionsMax;
    return scan_as<Subscription>(tx, query);
  });
}

Task<Done> Notifier::round() {
  if (watch_.has_nothing_new()) co_return Done{};
  auto all = subscriptions();
  if (!all.ok()) {
    log(LogLevel::warning, "notify.failed", {{"why", all.error().message()}});
    watch_.look_again();
    co_return Done{};
  }
  std::erase_if(tracks_, [&](const auto& track) {
    return !track.second.is_under_way &&
           std::ranges::find(*all, track.first, &Subscription::id) == all->end();
  });
  if (all->empty()) co_return Done{};
  first_ = (first_ + 1) % all->size();
  std::ranges::rotate(*all, all->begin() + static_cast<std::ptrdiff_t>(first_));
  for (Subscription& subscription : *all) co_await look_at(std::move(subscription));
  co_return Done{};
}

Task<Done> Notifier::look_at(Subscription subscription) {
  const TimePoint now = context_.clock.now();
  Track& track = tracks_[subscription.id];
  if (track.is_under_way) co_return Done{};
  if (now < track.not_before) {
    watch_.look_again_at(track.not_before);
    co_return Done{};
  }
  if (subscription.expires_at <= now) co_return co_await drop_expired(subscription.id);
  if (!check_may_be_told(context_, subscription).ok()) co_return Done{};
  auto due = read_value<Due>(context_.store, [&](ReadTx& tx) {
    return what_is_due(tx, context_, subscription, track.looked_up_to);
  });
  if (!due.ok()) {
    log(LogLevel::warning, "notify.failed", {{"why", due.error().message()}});
    co_return Done{};
  }
  if (due->has_more) watch_.look_again();
  if (due->delivery) {
    begin(subscription, *due->delivery);
    co_return Done{};
  }
  track.looked_up_to = due->looked_up_to;
  if (due->has_lost) {
    track.looked_up_to = 0;
    co_return co_await change(subscription.id, [](WriteTx& tx, Subscription& row) -> Status {
      CURFEW_TRY(row.told_up_to, newest_change(tx, row.tenant_id));
      row.lifecycle_due = {std::string{kMissed}};
      return Done{};
    });
  }
  const std::int64_t passed = due->looked_up_to;
  if (passed - subscription.told_up_to < kPassedMax) co_return Done{};
  co_return co_await change(subscription.id,
                            [passed](WriteTx& /*tx*/, Subscription& row) -> Status {
                              row.told_up_to = std::max(row.told_up_to, passed);
                              return Done{};
                            });
}

void Notifier::begin(const Subscription& subscription, const Delivery& delivery) {
  Track& track = tracks_[subscription.id];
  track.is_under_way = true;
  ++under_way_;
  ReceiverCall call;
  call.url = delivery.url;
  call.content_type = "application/json; charset=utf-8";
  call.body = delivery.body;
  call.deadline = limits::kNotifyTimeMax;
  call.lane = track.is_slow || track.failures > 0 ? CallLane::troubled : CallLane::prompt;
  // The row again, and the rule again: it may have waited for a thread.
  call.still_allowed = [this, id = subscription.id]() -> Status {
    CURFEW_TRY(const auto row,
               read_value<std::optional<Subscription>>(context_.store, [&](ReadTx& tx) {
                 return load<Subscription>(tx, context_.tenant_id, id);
               }));
    if (!row) return Error::permanent(ErrorCode::denied, "there is no such subscription any more");
    return check_may_be_told(context_, *row);
  };
  const Duration began = context_.clock.since_boot();
  context_.receivers->post(std::move(call), [self = shared_from_this(), id = subscription.id,
                                             delivery, began](Result<ReceiverAnswer> answer) {
    const Duration took = self->context_.clock.since_boot() - began;
    auto kept = std::make_shared<Result<ReceiverAnswer>>(std::move(answer));
    self->executor_.post([self, id, delivery, kept, took] {
      start<Done>(self->settle(id, delivery, std::move(*kept), took), [self, id](Done) {
        self->tracks_[id].is_under_way = false;
        --self->under_way_;
      });
    });
  });
}

bool Notifier::note_failure(Track& track) {
  const TimePoint now = context_.clock.now();
  if (track.failures == 0) track.first_failure = now;
  track.not_before = now + doubled(kNotifyBackoffFirst, static_cast<std::uint32_t>(track.failures),
                                   kNotifyBackoffMax);
  ++track.failures;
  return now - track.first_failure >= limits::kNotifyRetryTimeMax;
}

Task<Done> Notifier::settle(std::string id, Delivery delivery, Result<ReceiverAnswer> answer,
                            Duration took) {
  Track& track = tracks_[id];
  watch_.look_again();
  const bool was_sent = !was_not_sent(answer);
  const bool arrived = answer.ok() && answer->status >= 200 && answer->status < 300;
  if (was_sent) track.is_slow = took > kPromptAnswer;
  const std::string event = delivery.lifecycle_event;
  const auto forget_event = [event](Subscription& row) {
    std::erase(row.lifecycle_due, event);
    if (event == kReauthorize) row.was_reminded = true;
  };
  if (arrived) {
    track.failures = 0;
    track.not_before = {};
    co_return co_await change(
        std::move(id), [forget_event, up_to = delivery.up_to](WriteTx& /*tx*/, Subscription& row) {
          row.told_up_to = std::max(row.told_up_to, up_to);
          forget_event(row);
          return Status{Done{}};
        });
  }
  if (!was_sent) co_return Done{};  // it is looked at again in the next round
  const bool is_given_up = note_failure(track);
  log(LogLevel::info, "notify.refused",
      {{"subscription", id},
       {"failures", static_cast<std::int64_t>(track.failures)},
       {"why",
        answer.ok() ? "status " + std::to_string(answer->status) : answer.error().message()}});
  if (!is_given_up) co_return Done{};
  track.failures = 0;
  co_return co_await change(std::move(id),
                            [forget_event, event](WriteTx& tx, Subscription& row) -> Status {
                              forget_event(row);
                              if (!event.empty()) return Done{};
                              CURFEW_TRY(row.told_up_to, newest_change(tx, row.tenant_id));
                              row.lifecycle_due = {std::string{kMissed}};
                              return Done{};
                            });
}

// What is not written is tried again: it is looked at anew in a later round.
Task<Done> Notifier::write(std::function<Result<Done>(WriteTx&)> body) {
  const Result<Done> written =
      co_await write_value<Done>(context_.store, executor_, Urgency::normal, std::move(body));
  if (!written.ok()) log(LogLevel::warning, "notify.failed", {{"why", written.error().message()}});
  co_return Done{};
}

// In the row as it is there; one that is gone stays gone.
Task<Done> Notifier::change(std::string id, std::function<Status(WriteTx&, Subscription&)> how) {
  std::function<Result<Done>(WriteTx&)> body = [this, id, how](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(auto row, load<Subscription>(tx, context_.tenant_id, id));
    if (!row) return Done{};
    CURFEW_TRY_STATUS(how(tx, *row));
    CURFEW_TRY_STATUS(save(tx, *row));
    return Done{};
  };
  co_await write(std::move(body));
  watch_.look_again();
  co_return Done{};
}

Task<Done> Notifier::drop_expired(std::string id) {
  std::function<Result<Done>(WriteTx&)> body = [this, id](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(const auto row, load<Subscription>(tx, context_.tenant_id, id));
    // It may have been renewed meanwhile.
    if (!row || row->expires_at > context_.clock.now()) return Done{};
    CURFEW_TRY_STATUS(remove<Subscription>(tx, context_.tenant_id, id));
    return Done{};
  };
  co_return co_await write(std::move(body));
}

}  // namespace curfew
