// api/signal_sources/source_keys.hpp: the keys of transmitters, as they publish them.
//
// Fetched from the address that an administrator gave, and from nowhere that a token names; by the
// calls that refuse private addresses and follow no redirect. Fetched again when they are
// limits::kSourceKeysFresh old, and for a key that is not among them, but not more often than every
// limits::kSourceKeysFetchedEvery: whoever sends made up tokens makes us call nobody more often
// than that. Where they cannot be fetched, those that we have are good for limits::kSourceKeysKept.
// Several that wait for the same keys wait for one call. Nothing of it is stored. Times are since
// boot: a wall clock that is set back makes no key younger.
//
// Thread-safe; a task resumes on the I/O thread that it was started on.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/context.hpp"
#include "api/notify/receiver_calls.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/signal_source.hpp"
#include "protocol/jose/jws_key.hpp"

namespace curfew {

struct TransmitterKeys {
  KeySet set;
  // False: they may have been changed since, so that a key that is not among them may be there in a
  // minute: nothing that names it is refused for good.
  bool is_current = false;
  std::string trouble;  // why they could not be fetched the last time; empty: they could
};

class SourceKeys {
 public:
  // `context` outlives this, and this the calls of context.receivers.
  explicit SourceKeys(const ServerContext& context) : context_(context) {}

  // `kid`: of the token that is to be verified; it need not be among them. Errors: unavailable.
  [[nodiscard]] Task<Result<TransmitterKeys>> keys_for(SignalSource source, std::string kid);

 private:
  using Deliver = std::function<void(Result<TransmitterKeys>)>;
  // The source's id and its address: another address has nothing to do with the one before.
  using Place = std::pair<std::string, std::string>;
  struct Entry {
    KeySet keys;
    std::optional<Duration> fetched_at;  // the keys that are there
    std::optional<Duration> tried_at;
    std::string last_error;  // of the last attempt; empty: it succeeded
    bool is_fetching = false;
    std::vector<Deliver> waiting = {};
  };

  // Nothing: they have to be fetched first.
  [[nodiscard]] std::optional<Result<TransmitterKeys>> known(const SignalSource& source,
                                                             std::string_view kid);
  void fetch(const SignalSource& source, Deliver deliver);
  void settle(const Place& place, const Result<ReceiverAnswer>& answer);
  [[nodiscard]] static Result<TransmitterKeys> usable(const Entry& entry, bool is_current,
                                                      Duration now);
  // The mutex is held.
  Entry& entry_of(const Place& place);

  const ServerContext& context_;
  std::mutex mutex_;
  std::map<Place, Entry> entries_;
};

}  // namespace curfew
