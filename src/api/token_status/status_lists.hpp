// api/token_status/status_lists.hpp: the signed status lists that are handed out, each computed
// when the journal has moved or a minute has passed, and at most once a second.
//
// What is handed out was computed from a journal that is at least as new as when it was asked for:
// whoever asks too soon after the last computing waits for the rest of the second. So a list says
// what introspection would have said at the moment of the request, and no revocation is late by a
// copy of ours.
//
// Thread-safe; holds no lock while a list is computed.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/position.hpp"
#include "model/token_status.hpp"

namespace curfew {

inline constexpr Duration kStatusListEvery = std::chrono::seconds{1};
// While another request computes the same list.
inline constexpr Duration kStatusListLookAgain = std::chrono::milliseconds{20};
// Some KiB each. Beyond it the first ones are computed anew when they are asked for.
inline constexpr std::size_t kStatusListsKept = 256;

struct StatusListCopy {
  std::string lst;  // compressed
  Position head;    // the journal's, read before the list was computed
  TimePoint computed_at;
  KeyId key;            // that signed it
  TimePoint signed_at;  // its `iat`
  std::string jwt;
  std::string etag;
};

class StatusLists {
 public:
  using Copy = std::shared_ptr<const StatusListCopy>;
  // Read when the request came, in this order.
  struct Asked {
    TimePoint now;
    Duration since_boot{};
    Position head;
    KeyId key;  // that signs now
  };
  enum class Next {
    serve,    // `copy` will do
    sign,     // `copy` says what is so, and must be signed anew
    compute,  // it must be computed
    wait,     // ask again after `wait`
  };
  struct Turn {
    Next next = Next::wait;
    Copy copy;
    Duration wait{};
    bool is_soon = false;  // wait: the last computing was less than kStatusListEvery ago
  };

  // After `sign` and `compute` the caller must call finish(). `has_waited`: it was told is_soon
  // before and has waited so long.
  [[nodiscard]] Turn begin(const StatusListName& name, const Asked& asked, bool has_waited);
  // Null: it failed; what there was stays.
  void finish(const StatusListName& name, Copy copy);
  // How often a list was computed: for tests.
  [[nodiscard]] std::size_t computed_count() const;

 private:
  struct Entry {
    Copy copy;
    bool is_busy = false;
    bool was_computed = false;
    Duration computed_at{};  // since boot
  };
  void make_room();

  mutable std::mutex mutex_;
  std::map<StatusListName, Entry> entries_;
  std::size_t computed_count_ = 0;
};

}  // namespace curfew
