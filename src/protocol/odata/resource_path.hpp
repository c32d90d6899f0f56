// protocol/odata/resource_path.hpp: the path of an OData request, taken apart into segments.
//
// What a segment means (a resource, a key, an action, a cast) is known only to whoever knows the
// resource before it, so each has all of its readings: `text` is good as a key, `name` as anything
// else. Names compare without case, keys as their owner says.
//
// Spec: OData 4.01 URL conventions 4.3 to 4.11. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace curfew {

inline constexpr std::size_t kResourcePathBytesMax = 4096;
inline constexpr std::size_t kResourcePathSegmentsMax = 16;
inline constexpr std::size_t kSegmentKeysMax = 8;

enum class SegmentKind {
  plain,
  count,     // $count
  ref,       // $ref
  batch,     // $batch
  metadata,  // $metadata
};

// One `name='value'` or `name=value` inside of parentheses.
struct SegmentKey {
  std::string name;  // as written; compare without case
  std::string value;

  friend bool operator==(const SegmentKey&, const SegmentKey&) = default;
};

struct PathSegment {
  SegmentKind kind = SegmentKind::plain;
  std::string text;       // all of the segment, decoded
  std::string name;       // without parentheses and qualifier, in the case as written
  std::string qualifier;  // "microsoft.graph" of microsoft.graph.delta; "graph" of graph.group
  bool has_parentheses = false;
  std::optional<std::string> key;  // users('x') and users(x): x, with quotes undoubled
  std::vector<SegmentKey> keys;    // devices(deviceId='x')

  // The name is this one, in any case, qualified or not, and it is no `$` segment.
  [[nodiscard]] bool is(std::string_view other) const;
  // A plain name or call without a key: "delta", "delta()", "microsoft.graph.delta()".
  [[nodiscard]] bool is_operation(std::string_view other) const;
  // A cast to this type: "microsoft.graph.group", or "graph.group".
  [[nodiscard]] bool is_cast(std::string_view type) const;
  // The value of the one alternate key, if there is exactly one and it has this name in any case.
  [[nodiscard]] std::optional<std::string_view> alternate_key(std::string_view key_name) const;

  friend bool operator==(const PathSegment&, const PathSegment&) = default;
};

// `path` is what follows the version, still percent-encoded: "/users/a%40b.test/$ref". It is split
// at '/' first and each segment decoded once, so that "%2F" is part of a key. One '/' at the end is
// ignored; nothing, or "/", is no segment.
// invalid_argument for an empty segment, a malformed percent sequence, text that is not UTF-8 or
// has control characters, another `$` segment, and parentheses that are not a key; exhausted for
// a path that is too long or too deep.
[[nodiscard]] Result<std::vector<PathSegment>> parse_resource_path(std::string_view path);

}  // namespace curfew
