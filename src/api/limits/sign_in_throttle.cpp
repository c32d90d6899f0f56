#include "api/limits/sign_in_throttle.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "crypto/hmac.hpp"
#include "crypto/random.hpp"

namespace curfew {
namespace {

// Keys are keyed hashes of what they stand for: of one size whatever was typed, and with no
// collisions that an outsider could choose.
using CounterKey = std::array<char, 16>;

struct CounterKeyHash {
  std::size_t operator()(const CounterKey& key) const noexcept {
    std::size_t hash = 0;
    std::memcpy(&hash, key.data(), sizeof hash);
    return hash;
  }
};

struct Counter {
  double level = 0;
  Duration drained_at{};
  Duration closed_until{};
  bool delay_was_met = false;  // somebody was refused since it closed
};

void drain(Counter& counter, const ThrottleRule& rule, Duration now) {
  const double passed = static_cast<double>((now - counter.drained_at).count());
  counter.level =
      std::max(0.0, counter.level - passed / static_cast<double>(rule.drain_interval.count()));
  counter.drained_at = now;
}

// The delay that the failure which raised the counter to `level` brings.
[[nodiscard]] Duration delay_at(const ThrottleRule& rule, double level) {
  const double excess = std::max(0.0, std::ceil(level - rule.free_failures - 0.5));
  const double delay = static_cast<double>(rule.first_delay.count()) * std::exp2(excess);
  return Duration{
      static_cast<std::int64_t>(std::min(delay, static_cast<double>(rule.delay_max.count())))};
}

// Counters of one kind; the one unused for longest makes room.
class CounterTable {
 public:
  CounterTable(const ThrottleRule& rule, std::size_t size_max) : rule_(rule), size_max_(size_max) {}

  [[nodiscard]] Duration closed_for(const CounterKey& key, Duration now) const {
    const auto found = index_.find(key);
    if (found == index_.end()) return Duration{0};
    return std::max(Duration{0}, found->second->second.closed_until - now);
  }

  // Whether this is the first refusal since the counter closed.
  bool meet_delay(const CounterKey& key) {
    const auto found = index_.find(key);
    return found != index_.end() && !std::exchange(found->second->second.delay_was_met, true);
  }

  void count_failure(const CounterKey& key, Duration now) {
    Counter& counter = touch(key, now);
    drain(counter, rule_, now);
    counter.level += 1;
    // Half a failure of tolerance: what drains between quick tries must not give one more.
    if (counter.level > rule_.free_failures - 0.5) {
      counter.closed_until = std::max(counter.closed_until, now + delay_at(rule_, counter.level));
      counter.delay_was_met = false;
    }
  }

  void take_back(const CounterKey& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    Counter& counter = found->second->second;
    counter.level = std::max(0.0, counter.level - 1);
    counter.closed_until = Duration{0};  // it was open when the attempt was admitted
  }

  void forget(const CounterKey& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    entries_.erase(found->second);
    index_.erase(found);
  }

 private:
  using Entries = std::list<std::pair<CounterKey, Counter>>;

  Counter& touch(const CounterKey& key, Duration now) {
    const auto found = index_.find(key);
    if (found != index_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return entries_.front().second;
    }
    if (entries_.size() >= size_max_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, Counter{0, now, Duration{0}});
    index_.emplace(key, entries_.begin());
    return entries_.front().second;
  }

  ThrottleRule rule_;
  std::size_t size_max_;
  Entries entries_;  // the newest use first
  std::unordered_map<CounterKey, Entries::iterator, CounterKeyHash> index_;
};

}  // namespace

std::string throttled_address(std::string_view address) {
  constexpr std::string_view kMapped = "::ffff:";
  if (address.starts_with(kMapped) && address.find('.') != std::string_view::npos) {
    return std::string{address.substr(kMapped.size())};
  }
  if (address.find(':') == std::string_view::npos) return std::string{address};
  // The kernel's own text form: at most one "::", no leading zeros, perhaps a zone at the end.
  address = address.substr(0, address.find('%'));
  const std::size_t gap = address.find("::");
  std::vector<std::string> groups;
  for (const std::string_view group : split(address.substr(0, gap), ':')) {
    if (!group.empty()) groups.emplace_back(group);
  }
  if (gap != std::string_view::npos) {
    std::vector<std::string> tail;
    for (const std::string_view group : split(address.substr(gap + 2), ':')) {
      if (!group.empty()) tail.emplace_back(group);
    }
    while (groups.size() + tail.size() < 8) groups.emplace_back("0");
    groups.insert(groups.end(), tail.begin(), tail.end());
  }
  groups.resize(4);
  return join(groups, ":") + "::/64";
}

struct SignInThrottle::Impl {
  explicit Impl(const SignInThrottleOptions& given)
      : options(given),
        known_browsers(given.known_browser, given.counters_max),
        accounts_at_addresses(given.account_at_address, given.counters_max),
        addresses(given.address, given.counters_max),
        accounts(given.account, given.counters_max) {}

  // The counters that an attempt is held against.
  struct Place {
    CounterTable& table;
    CounterKey key;
    bool own;  // counts only what this browser, or this address at this account, did
  };

  [[nodiscard]] CounterKey key_of(std::string_view kind, std::string_view a,
                                  std::string_view b) const {
    const Sha256Digest whole = hmac_sha256(
        secret, join({std::string{kind}, base64url_encode(a), base64url_encode(b)}, "."));
    CounterKey key{};
    std::copy_n(whole.begin(), key.size(), key.begin());
    return key;
  }

  [[nodiscard]] std::vector<Place> places_of(const SignInAttempt& attempt) {
    if (attempt.known_browser) {
      return {{known_browsers, key_of("known", *attempt.known_browser, attempt.account), true}};
    }
    std::vector<Place> places{
        {accounts_at_addresses, key_of("pair", attempt.address, attempt.account), true},
        {accounts, key_of("account", attempt.account, ""), false}};
    if (!attempt.address_is_shared) {
      places.push_back({addresses, key_of("address", attempt.address, ""), false});
    }
    return places;
  }

  [[nodiscard]] bool has_room(const SignInAttempt& attempt) const {
    const std::size_t kept = attempt.known_browser ? 0 : options.checks_kept_for_known;
    if (checks + kept >= options.checks_max) return false;
    if (attempt.address_is_shared) return true;
    const auto found = checks_by_address.find(attempt.address);
    return found == checks_by_address.end() || found->second < options.checks_per_address_max;
  }

  void end_check(const SignInAttempt& attempt) {
    --checks;
    const auto found = checks_by_address.find(attempt.address);
    if (--found->second == 0) checks_by_address.erase(found);
  }

  SignInThrottleOptions options;
  std::string secret = random_bytes(32);
  std::mutex mutex;
  CounterTable known_browsers;
  CounterTable accounts_at_addresses;
  CounterTable addresses;
  CounterTable accounts;
  std::size_t checks = 0;
  std::unordered_map<std::string, std::size_t> checks_by_address;  // no more than `checks` of them
};

SignInThrottle::SignInThrottle(SignInThrottleOptions options)
    : impl_(std::make_unique<Impl>(options)) {}
SignInThrottle::~SignInThrottle() = default;

SignInThrottle::Admission SignInThrottle::admit(SignInAttempt attempt, Duration since_boot) {
  attempt.address = throttled_address(attempt.address);
  Admission admission;
  {
    const std::lock_guard lock{impl_->mutex};
    const std::vector<Impl::Place> places = impl_->places_of(attempt);
    const Impl::Place* closed_longest = nullptr;
    for (const Impl::Place& place : places) {
      const Duration closed_for = place.table.closed_for(place.key, since_boot);
      if (closed_for <= admission.retry_in) continue;
      admission.retry_in = closed_for;
      closed_longest = &place;
    }
    if (closed_longest != nullptr) {
      admission.is_first_delayed = closed_longest->table.meet_delay(closed_longest->key);
      return admission;
    }
    if (!impl_->has_room(attempt)) {
      admission.refusal = Refusal::busy;
      return admission;
    }
    for (const Impl::Place& place : places) place.table.count_failure(place.key, since_boot);
    ++impl_->checks;
    ++impl_->checks_by_address[attempt.address];
  }
  admission.ticket.emplace(Ticket{*this, std::move(attempt)});
  return admission;
}

SignInThrottle::Ticket::Ticket(SignInThrottle& throttle, SignInAttempt attempt)
    : throttle_(&throttle), attempt_(std::move(attempt)) {}

SignInThrottle::Ticket::Ticket(Ticket&& other) noexcept
    : throttle_(std::exchange(other.throttle_, nullptr)), attempt_(std::move(other.attempt_)) {}

SignInThrottle::Ticket::~Ticket() {
  if (throttle_ == nullptr) return;
  Impl& impl = *throttle_->impl_;
  const std::lock_guard lock{impl.mutex};
  impl.end_check(attempt_);
}

void SignInThrottle::Ticket::succeeded() {
  Impl& impl = *throttle_->impl_;
  const std::lock_guard lock{impl.mutex};
  for (const Impl::Place& place : impl.places_of(attempt_)) {
    if (place.own) {
      place.table.forget(place.key);
    } else {
      place.table.take_back(place.key);
    }
  }
}

void SignInThrottle::Ticket::abandoned() {
  Impl& impl = *throttle_->impl_;
  const std::lock_guard lock{impl.mutex};
  for (const Impl::Place& place : impl.places_of(attempt_)) place.table.take_back(place.key);
}

}  // namespace curfew
