// model/directory_change.hpp: the log of what changed in the directory, for whoever asks what is
// new: delta queries and change notifications.
//
// A row says that an object changed, not what it is now: whoever reads it reads the object. So
// reading a row twice, or several rows of one object, does no harm.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"

namespace curfew {

enum class DirectoryChangeKind {
  created,
  updated,
  deleted,
  purged,  // one that was deleted before, and can be restored no more
};
[[nodiscard]] std::string_view to_string(DirectoryChangeKind kind);
[[nodiscard]] bool parse_enum(std::string_view text, DirectoryChangeKind& out);

struct DirectoryChange {
  TenantId tenant_id;
  std::int64_t sequence = 0;  // dense in a tenant, in the order of the commits, from 1 on
  std::string object_kind;    // Graph's name of it: "user"
  std::string object_id;
  // Where a link of the object was made or ended: "members", and to whom. `change` is the link's
  // then; the object itself stays.
  std::string link;
  std::string link_id;
  DirectoryChangeKind change = DirectoryChangeKind::updated;
  // Which columns of the row have another value; of the JSON object "properties", its members'
  // names; of a list that is spelled out, "<column>=<element>" for each that came or went.
  std::vector<std::string> changed;
};

// All rows up to this one were there at that time: by it, old ones are dropped.
struct DirectoryChangeMark {
  TenantId tenant_id;
  std::int64_t sequence = 0;
  TimePoint at{};
};

// How long a change is kept. What was read up to a place before that begins anew.
inline constexpr auto kDirectoryChangesKept = std::chrono::days{30};

}  // namespace curfew
