#include "access/token_status.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "access/liveness.hpp"
#include "crypto/random.hpp"
#include "store/schema_token_status.hpp"

namespace curfew {

namespace {

constexpr std::size_t kRowsAtOnce = 1'000;  // some MiB
// The list speaks of what was taken away; that a token has grown old its `exp` says.
constexpr TimePoint kBeforeItExpires{};

// 2^64 is so much more than either count that the remainder is as good as uniform.
std::uint32_t random_below(std::uint32_t count) {
  return static_cast<std::uint32_t>(random_u64() % count);
}

StatusPlace random_place(const AppId& resource, std::uint64_t generation, std::uint32_t lists) {
  static_assert(kDeadIdx == 0);
  return {{resource, generation, 1 + random_below(lists)}, 1 + random_below(kStatusListSize - 1)};
}

Result<bool> is_free(ReadTx& tx, const TenantId& tenant_id, const StatusPlace& place) {
  const StatusListName& list = place.list;
  CURFEW_TRY(const auto taken, load<TokenStatus>(tx, tenant_id, list.app_id, list.generation,
                                                 list.number, place.idx));
  return !taken;
}

TokenStatus row_of(const TenantId& tenant_id, const StatusPlace& place,
                   const CredentialFacts& facts) {
  TokenStatus row;
  row.tenant_id = tenant_id;
  row.app_id = place.list.app_id;
  row.generation = place.list.generation;
  row.list = place.list.number;
  row.idx = place.idx;
  std::ranges::transform(facts.keys, std::back_inserter(row.keys),
                         [](const Key& key) { return to_string(key); });
  row.auth_as_of = facts.stamps.auth_as_of;
  row.as_of = facts.stamps.as_of;
  row.expires_at = facts.expires_at;
  return row;
}

// Without stamps, and so dead, where a key of it cannot be read.
CredentialFacts facts_of(const TokenStatus& row) {
  CredentialFacts facts;
  facts.credential_class = CredentialClass::access;
  facts.stamps = {row.auth_as_of, row.as_of};
  facts.expires_at = row.expires_at;
  for (const std::string& text : row.keys) {
    const std::optional<Key> key = parse_key(text);
    if (!key) return CredentialFacts{};
    facts.keys.push_back(*key);
  }
  return facts;
}

// Afterwards the place is about to become somebody else's, who must not be called dead for it.
bool is_told_of(const TokenStatus& row, TimePoint now) {
  return row.expires_at + kStatusToldAfterExpiry > now;
}

bool is_dead(const LiveJournal& live, const TokenStatus& row) {
  return verdict_now(live, facts_of(row), kBeforeItExpires) != Verdict::live;
}

// Where tries fail, the lists are full enough for one more.
Result<StatusPlace> free_place(ReadTx& tx, const TenantId& tenant_id, const AppId& resource,
                               std::uint64_t generation) {
  CURFEW_TRY(const std::uint32_t newest, newest_status_list(tx, tenant_id, resource, generation));
  const std::uint32_t lists = std::max<std::uint32_t>(newest, 1);
  for (int tries = 0; tries < kStatusPlaceTries; ++tries) {
    const StatusPlace place = random_place(resource, generation, lists);
    CURFEW_TRY(const bool free, is_free(tx, tenant_id, place));
    if (free) return place;
  }
  if (lists >= kStatusListsMax) {
    return Error{ErrorCode::exhausted, Retry::later,
                 "the status lists of the resource " + resource.str() +
                     " are full: too many of its tokens are alive at once"};
  }
  StatusPlace place = random_place(resource, generation, 1);
  place.list.number = lists + 1;
  return place;
}

}  // namespace

Result<std::uint32_t> newest_status_list(ReadTx& tx, const TenantId& tenant_id,
                                         const AppId& resource, std::uint64_t generation) {
  Query query;
  query.prefix = keys_of(tenant_id, resource, generation);
  query.descending = true;
  query.limit = 1;
  CURFEW_TRY(const auto rows, scan_as<TokenStatus>(tx, query));
  return rows.empty() ? 0 : rows.front().list;
}

Result<StatusPlace> take_status_place(WriteTx& tx, const Journal& journal, const AppId& resource,
                                      const CredentialFacts& facts) {
  CURFEW_TRY(const JournalHead head, journal_head(tx, journal));
  CURFEW_TRY(const Verdict verdict, verdict_in(tx, journal, facts, kBeforeItExpires));
  const std::uint64_t generation = head.position.generation;
  if (verdict != Verdict::live) return StatusPlace{{resource, generation, 1}, kDeadIdx};
  CURFEW_TRY(const StatusPlace place, free_place(tx, journal.tenant_id(), resource, generation));
  CURFEW_TRY_STATUS(add(tx, row_of(journal.tenant_id(), place, facts)));
  return place;
}

Result<StatusBits> read_status_list(ReadTx& tx, const LiveJournal& live, const TenantId& tenant_id,
                                    const StatusListName& name, TimePoint now) {
  StatusBits bits{kStatusListSize};
  bits.set_invalid(kDeadIdx);
  Query query;
  query.prefix = keys_of(tenant_id, name.app_id, name.generation, name.number);
  query.limit = kRowsAtOnce;
  while (true) {
    CURFEW_TRY(const auto rows, scan_as<TokenStatus>(tx, query));
    for (const TokenStatus& row : rows) {
      if (is_told_of(row, now) && is_dead(live, row)) bits.set_invalid(row.idx);
    }
    if (rows.size() < kRowsAtOnce) return bits;
    query.above = Value{static_cast<std::int64_t>(rows.back().idx)};
  }
}

StatusBits dead_status_list() {
  StatusBits bits{kStatusListSize};
  bits.set_all_invalid();
  return bits;
}

}  // namespace curfew
