#include "api/signal_sources/source_keys.hpp"

#include <utility>

#include "base/log.hpp"
#include "base/signal_limits.hpp"
#include "io/runtime.hpp"
#include "protocol/jose/jwk.hpp"

namespace curfew {

namespace {

// Sources come and go; what is left of those that went is dropped beyond this.
constexpr std::size_t kEntriesMax = 2 * limits::kSourcesMax;

std::string not_fetched(const std::string& why) {
  return "the keys of the transmitter cannot be fetched: " + why;
}

Result<KeySet> keys_in(const Result<ReceiverAnswer>& answer) {
  if (!answer.ok()) return answer.error();
  if (answer->status != 200) {
    return Error::transient(ErrorCode::protocol,
                            "its status is " + std::to_string(answer->status) + ", not 200");
  }
  return parse_jwks(answer->body);
}

}  // namespace

SourceKeys::Entry& SourceKeys::entry_of(const Place& place) {
  if (!entries_.contains(place) && entries_.size() >= kEntriesMax) {
    std::erase_if(entries_, [](const auto& one) { return !one.second.is_fetching; });
  }
  return entries_[place];
}

Result<TransmitterKeys> SourceKeys::usable(const Entry& entry, bool is_current, Duration now) {
  if (entry.fetched_at && now < *entry.fetched_at + limits::kSourceKeysKept) {
    return TransmitterKeys{entry.keys, is_current,
                           entry.last_error.empty() ? "" : not_fetched(entry.last_error)};
  }
  return Error::transient(ErrorCode::unavailable, not_fetched(entry.last_error));
}

std::optional<Result<TransmitterKeys>> SourceKeys::known(const SignalSource& source,
                                                         std::string_view kid) {
  const std::lock_guard lock{mutex_};
  const Duration now = context_.clock.since_boot();
  const Entry& entry = entry_of({source.id, source.jwks_uri});
  const bool is_fresh = entry.fetched_at && now < *entry.fetched_at + limits::kSourceKeysFresh;
  if (is_fresh && entry.keys.find(kid) != nullptr) return usable(entry, true, now);
  const bool was_tried = entry.tried_at && now < *entry.tried_at + limits::kSourceKeysFetchedEvery;
  if (was_tried && !entry.is_fetching) return usable(entry, false, now);
  return std::nullopt;
}

void SourceKeys::fetch(const SignalSource& source, Deliver deliver) {
  const Place place{source.id, source.jwks_uri};
  {
    const std::lock_guard lock{mutex_};
    Entry& entry = entry_of(place);
    entry.waiting.push_back(std::move(deliver));
    if (entry.is_fetching) return;
    entry.is_fetching = true;
    entry.tried_at = context_.clock.since_boot();
  }
  ReceiverCall call;
  call.method = HttpMethod::get;
  call.url = source.jwks_uri;
  call.headers = {{"Accept", "application/json"}};
  call.deadline = limits::kSourceCallTimeMax;
  call.lane = CallLane::source;
  call.answer_bytes_max = limits::kSourceJwksBytesMax;
  context_.receivers->post(std::move(call),
                           [this, place](Result<ReceiverAnswer> answer) { settle(place, answer); });
}

void SourceKeys::settle(const Place& place, const Result<ReceiverAnswer>& answer) {
  auto fetched = keys_in(answer);
  const bool is_current = fetched.ok();
  std::vector<Deliver> waiting;
  Result<TransmitterKeys> outcome = Error::transient(ErrorCode::unavailable, "");
  {
    const std::lock_guard lock{mutex_};
    const Duration now = context_.clock.since_boot();
    Entry& entry = entries_[place];
    entry.is_fetching = false;
    waiting = std::exchange(entry.waiting, {});
    if (is_current) {
      entry.keys = *fetched;
      entry.fetched_at = now;
      entry.last_error.clear();
    } else {
      entry.last_error = fetched.error().message();
    }
    outcome = usable(entry, is_current, now);
  }
  if (!is_current) {
    log(LogLevel::warning, "sources.keys_not_fetched",
        {{"source", place.first}, {"why", fetched.error().message()}});
  }
  for (const Deliver& deliver : waiting) deliver(outcome);
}

Task<Result<TransmitterKeys>> SourceKeys::keys_for(SignalSource source, std::string kid) {
  if (context_.receivers == nullptr) {
    co_return Error::transient(ErrorCode::unavailable, "this server calls nobody");
  }
  if (auto now = known(source, kid)) co_return *std::move(now);
  std::function<void(Deliver)> begin = [this, &source](Deliver deliver) {
    fetch(source, std::move(deliver));
  };
  co_return co_await await_callback<Result<TransmitterKeys>>(current_executor(), std::move(begin));
}

}  // namespace curfew
