#include "api/admin/fence.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "api/admin/directory_lookup.hpp"
#include "api/admin/object_json.hpp"
#include "api/gate_feed/gate_hub.hpp"
#include "base/text.hpp"
#include "gate/feed/gate_limits.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"
#include "revocation/fence/fence_review.hpp"
#include "revocation/guard.hpp"
#include "store/schema.hpp"
#include "store/schema_fences.hpp"
#include "store/schema_gates.hpp"

namespace curfew {

namespace {

namespace bj = boost::json;

// In one transaction: some hundreds of milliseconds. Who has more calls again.
constexpr std::size_t kEndedAtOnceMax = 2'000;
// What a state that people ask for is called beside those of rows: is_open().
constexpr std::string_view kOpen = "open";

bj::value position_or_null(Position position) {
  return position.is_set() ? bj::value(to_string(position)) : bj::value(nullptr);
}

bj::object to_json(const LostBlock& block) {
  return {{"id", block.id},
          {"generation", block.generation},
          {"kind", to_string(block.key_kind)},
          {"objectId", block.key_id},
          {"objectName", block.subject_name},
          {"lostPosition", to_string(block.position)},
          {"gate", block.gate_name},
          {"gateId", block.gate_id.str()},
          {"confirmedBy", block.also_gate_name},
          {"state", to_string(block.state)},
          {"why", block.why},
          {"isOpen", is_open(block)},
          {"namedDateTime", to_rfc3339(block.named_at)},
          {"reviewedDateTime", time_json(block.reviewed_at)},
          {"reviewedBy", block.reviewed_by}};
}

bj::object to_json(const FenceGate& gate) {
  return {{"gate", gate.gate_name},
          {"gateId", gate.gate_id.str()},
          {"shown", position_or_null(gate.shown)},
          {"cameDateTime", to_rfc3339(gate.came_at)},
          {"handedOverDateTime", time_json(gate.handed_over_at)},
          {"heldCount", gate.held_count},
          {"leftCount", gate.left_count}};
}

// What is stored of the newest fence, and what is open of all of them.
struct NewestFence {
  std::uint64_t generation = 0;
  std::optional<Fence> row;
  std::vector<FenceGate> gates;
  std::vector<std::string> not_come_yet;
  std::size_t held = 0;    // and nobody has looked at it
  std::size_t listed = 0;  // the same
  std::uint64_t left = 0;
};

// Gates of before the fence that have not handed over what they have: it is not known.
Status add_not_come_yet(ReadTx& tx, const TenantId& tenant_id, NewestFence& fence) {
  if (!fence.row) return Done{};
  Query query;
  query.prefix = keys_of(tenant_id);
  query.limit = gate_limits::kGatesMax;
  CURFEW_TRY(const auto gates, scan_as<Gate>(tx, query));
  for (const Gate& gate : gates) {
    const bool has_come = std::ranges::any_of(fence.gates, [&](const FenceGate& one) {
      return one.gate_id == gate.app_id && one.handed_over_at.has_value();
    });
    // One that was enrolled anew since may have its replica of before.
    const bool may_know = gate.enrolled_at && gate.created_at <= fence.row->fenced_at;
    if (may_know && !has_come) fence.not_come_yet.push_back(gate.name);
  }
  return Done{};
}

Result<NewestFence> newest_fence(ReadTx& tx, const TenantId& tenant_id) {
  NewestFence fence;
  CURFEW_TRY(const JournalHead head, journal_head(tx, tenant_id));
  fence.generation = head.position.generation;
  if (fence.generation <= 1) {
    return Error::permanent(ErrorCode::not_found, "this tenant was never fenced");
  }
  CURFEW_TRY(fence.row, load<Fence>(tx, tenant_id, fence.generation));
  CURFEW_TRY(fence.gates, fence_gates(tx, tenant_id));
  for (const FenceGate& gate : fence.gates) fence.left += gate.left_count;
  std::erase_if(fence.gates,
                [&](const FenceGate& gate) { return gate.generation != fence.generation; });
  CURFEW_TRY_STATUS(add_not_come_yet(tx, tenant_id, fence));
  CURFEW_TRY(const auto open, open_lost_blocks(tx, tenant_id, AppId{}));
  for (const LostBlock& block : open) {
    ++(block.state == LostBlockState::held ? fence.held : fence.listed);
  }
  return fence;
}

// Complete by the rule of an entry: the first of the generation.
void add_gates_at(bj::object& json, const AdminCall& call, Position position) {
  const GateHub* const hub = call.context.gate_hub;
  if (hub == nullptr) {
    json["isComplete"] = nullptr;
    json["gates"] = "this server serves no feed to gates";
    return;
  }
  const GatesAt at = hub->gates_at(position);
  json["isComplete"] = at.is_complete();
  json["gates"] = at.is_settled() ? words_of(at)
                                  : words_of_open(at, call.context.clock.since_boot(),
                                                  call.context.clock.now());
}

Task<Result<bj::value>> review(const AdminCall& call, ReviewVerdict verdict) {
  const std::string id = call.value("id");
  const auto reviewed = std::make_shared<LostBlock>();
  auto write = [&call, id, verdict, reviewed](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(*reviewed, review_lost_block(tx, call.context.journal, id, verdict, call.actor(),
                                            call.context.clock.now()));
    const std::string action = verdict == ReviewVerdict::keep ? "fence.keep" : "fence.end";
    return audit_change(tx, call, action, reviewed->key_id, reviewed->subject_name, reviewed->id);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return bj::value(to_json(*reviewed));
}

struct EndedBlocks {
  std::uint64_t ended = 0;      // not blocked by a fence any more
  std::uint64_t seen = 0;       // were only listed
  std::uint64_t confirmed = 0;  // another gate says the same, and they stay because of it
  bj::array refused;            // {"id", "objectName", "why"}
  bool has_more = false;

  [[nodiscard]] std::uint64_t done() const { return ended + seen + confirmed; }
};

// By the name or id under which it came after a fence: it may be removed since.
Result<AppId> gate_that_came(ReadTx& tx, const TenantId& tenant_id, const std::string& name) {
  CURFEW_TRY(const auto gates, fence_gates(tx, tenant_id));
  std::set<AppId> found;
  for (const FenceGate& gate : gates) {
    if (gate.gate_id.str() == ascii_lower(name)) return gate.gate_id;
    if (gate.gate_name == name) found.insert(gate.gate_id);
  }
  if (found.size() == 1) return *found.begin();
  if (found.size() > 1) {
    return Error::permanent(ErrorCode::conflict,
                            "several gates were called \"" + escape_for_display(name) +
                                "\"; name one by its id (`curfew -o json fence show`)");
  }
  CURFEW_TRY(const Gate gate, find_gate(tx, tenant_id, name));
  return gate.app_id;
}

// What is said of one gate is said of its word; else of each block.
Result<LostBlock> decide(WriteTx& tx, const AdminCall& call, const LostBlock& block,
                         const AppId& gate) {
  const TimePoint now = call.context.clock.now();
  if (!gate.empty()) {
    return disbelieve_gate(tx, call.context.journal, block, gate, call.actor(), now);
  }
  if (block.state == LostBlockState::not_held) return note_seen(tx, block, call.actor(), now);
  return review_lost_block(tx, call.context.journal, block.id, ReviewVerdict::end, call.actor(),
                           now);
}

Status end_one(WriteTx& tx, const AdminCall& call, const LostBlock& block, const AppId& gate,
               EndedBlocks& done) {
  const auto decided = decide(tx, call, block, gate);
  if (!decided.ok() && !guard_rule_of(decided.error())) return decided.error();
  if (!decided.ok()) {
    done.refused.push_back(bj::object{
        {"id", block.id}, {"objectName", block.subject_name}, {"why", decided.error().message()}});
    return Done{};
  }
  const bool stays = decided->state == LostBlockState::held;
  const bool was_held = block.state == LostBlockState::held;
  ++(stays ? done.confirmed : (was_held ? done.ended : done.seen));
  return audit_change(tx, call, "fence.end", block.key_id, block.subject_name, block.id);
}

Status end_all(WriteTx& tx, const AdminCall& call, const AppId& gate, EndedBlocks& done) {
  CURFEW_TRY(const auto open, open_lost_blocks(tx, call.tenant_id(), gate));
  for (const LostBlock& block : open) {
    done.has_more = done.done() == kEndedAtOnceMax;
    if (done.has_more) return Done{};
    CURFEW_TRY_STATUS(end_one(tx, call, block, gate, done));
  }
  const Status seen = note_left_seen(tx, call.tenant_id(), gate, call.actor());
  if (seen.ok() || !guard_rule_of(seen.error())) return seen;
  done.refused.push_back(bj::object{{"id", gate.str()},
                                    {"objectName", "what was too much to be listed"},
                                    {"why", seen.error().message()}});
  return Done{};
}

}  // namespace

Task<Result<bj::value>> show_fence(const AdminCall& call) {
  CURFEW_CO_TRY(const NewestFence fence,
                read_value<NewestFence>(call.context.store, [&](ReadTx& tx) {
                  return newest_fence(tx, call.tenant_id());
                }));
  const Position first{fence.generation, 1};
  bj::object json{
      {"generation", fence.generation},
      {"position", to_string(first)},
      {"fencedDateTime", time_json(fence.row ? std::optional{fence.row->fenced_at} : std::nullopt)},
      {"restoredHead", fence.row ? position_or_null(fence.row->restored_head) : bj::value(nullptr)},
      {"toReview", fence.held},
      {"listedCount", fence.listed},
      {"leftCount", fence.left},
      {"notComeYet", list_of(fence.not_come_yet)}};
  add_gates_at(json, call, first);
  bj::array handed_over;
  for (const FenceGate& gate : fence.gates) handed_over.push_back(to_json(gate));
  json["handedOver"] = std::move(handed_over);
  co_return bj::value(std::move(json));
}

Task<Result<bj::value>> list_lost_blocks(const AdminCall& call) {
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  CURFEW_CO_TRY(const auto wanted, call.parameter("state"));
  LostBlockState state = LostBlockState::held;
  if (wanted && *wanted != kOpen && !parse_enum(*wanted, state)) {
    co_return Error::permanent(ErrorCode::invalid_argument,
                               "state is open, held, kept, ended or not_held");
  }
  const auto is_wanted = [&](const LostBlock& block) {
    if (!wanted) return true;
    return *wanted == kOpen ? is_open(block) : block.state == state;
  };
  CURFEW_CO_TRY(const auto blocks, read_page<LostBlock>(call, page));
  bj::array value;
  for (const LostBlock& block : blocks) {
    if (is_wanted(block)) value.push_back(to_json(block));
  }
  bj::object answer{{"value", std::move(value)}};
  if (blocks.size() == page.limit) answer["next"] = blocks.back().id;
  co_return bj::value(std::move(answer));
}

Task<Result<bj::value>> keep_lost_block(const AdminCall& call) {
  return review(call, ReviewVerdict::keep);
}

Task<Result<bj::value>> end_lost_block(const AdminCall& call) {
  return review(call, ReviewVerdict::end);
}

Task<Result<bj::value>> end_lost_blocks(const AdminCall& call) {
  CURFEW_CO_TRY(const auto name, get_optional_string(call.body, "gate"));
  AppId gate;
  if (name) {
    CURFEW_CO_TRY(gate, look_up(call, &gate_that_came, *name));
  }
  // A body that is run again begins anew.
  const auto done = std::make_shared<EndedBlocks>();
  auto write = [&call, gate, done](WriteTx& tx) -> Result<Done> {
    *done = {};
    CURFEW_TRY_STATUS(end_all(tx, call, gate, *done));
    return Done{};
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return bj::value{{"endedCount", done->ended},
                      {"seenCount", done->seen},
                      {"confirmedCount", done->confirmed},
                      {"refused", std::move(done->refused)},
                      {"hasMore", done->has_more}};
}

}  // namespace curfew
