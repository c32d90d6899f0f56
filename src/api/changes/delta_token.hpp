// api/changes/delta_token.hpp: where a delta query goes on, and what was asked for when it began:
// the text of $skiptoken and $deltatoken.
//
// Sealed for the tenant, so that nobody makes or changes one; it gives no right, for each page is a
// call of its own. It holds for kDeltaTimeMax, and in the generation of the journal that it was
// made in: after a fence the log may be another one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.hpp"

namespace curfew {

struct DeltaToken {
  std::string collection;           // "users": good there and nowhere else
  std::vector<std::string> select;  // as given at the beginning
  std::vector<std::string> ids;     // of $filter; empty: everything
  bool is_minimal = false;          // Prefer: return=minimal
  std::int64_t page_size = 0;       // 0: the default
  std::int64_t known_up_to = 0;     // the place in the change log
  // While the objects that there are already are listed: which kind, after which row, and in the
  // middle of whose members.
  bool is_listing = false;
  std::int64_t kind = 0;
  std::string row_value;
  std::string row_id;
  std::string object_id;
  std::string member;

  friend bool operator==(const DeltaToken&, const DeltaToken&) = default;
};

enum class DeltaTokenState { good, too_old, not_ours };

struct ReadDeltaToken {
  DeltaTokenState state = DeltaTokenState::not_ours;
  DeltaToken token;  // of a good one
};

[[nodiscard]] std::string to_text(const ServerContext& context, const DeltaToken& token);
// Foreign bytes of any length.
[[nodiscard]] ReadDeltaToken read_delta_token(const ServerContext& context,
                                              std::string_view collection, std::string_view text);

// The plain text that is sealed, and the way back; nothing unless it is one.
[[nodiscard]] std::string pack_delta_token(const DeltaToken& token);
[[nodiscard]] std::optional<DeltaToken> unpack_delta_token(std::string_view text);

}  // namespace curfew
