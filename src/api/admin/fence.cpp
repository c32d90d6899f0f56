#include "api/admin/fence.hpp"

#include <boost/json.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/admin/directory_lookup.hpp"
#include "api/gate_feed/gate_hub.hpp"
#include "base/text.hpp"
#include "protocol/json/members.hpp"
#include "revocation/fence/fence_review.hpp"
#include "revocation/guard.hpp"
#include "store/schema.hpp"
#include "store/schema_fences.hpp"

namespace curfew {

namespace {

namespace bj = boost::json;

// In one transaction: some hundreds of milliseconds. Who has more calls again.
constexpr std::size_t kEndedAtOnceMax = 2'000;

bj::value position_or_null(Position position) {
  return position.is_set() ? bj::value(to_string(position)) : bj::value(nullptr);
}

bj::value time_or_null(const std::optional<TimePoint>& at) {
  return at ? bj::value(to_rfc3339(*at)) : bj::value(nullptr);
}

bj::object to_json(const LostBlock& block) {
  return {{"id", block.id},
          {"generation", block.generation},
          {"kind", to_string(block.key_kind)},
          {"objectId", block.key_id},
          {"objectName", block.subject_name},
          {"lostPosition", to_string(block.position)},
          {"gate", block.gate_name},
          {"state", to_string(block.state)},
          {"why", block.why},
          {"namedDateTime", to_rfc3339(block.named_at)},
          {"reviewedDateTime", time_or_null(block.reviewed_at)},
          {"reviewedBy", block.reviewed_by}};
}

bj::object to_json(const FenceGate& gate) {
  return {{"gate", gate.gate_name},
          {"shown", position_or_null(gate.shown)},
          {"cameDateTime", to_rfc3339(gate.came_at)},
          {"heldCount", gate.held_count},
          {"leftCount", gate.left_count}};
}

// What is stored of the newest fence.
struct NewestFence {
  std::uint64_t generation = 0;
  std::optional<Fence> row;
  std::vector<FenceGate> gates;
  std::size_t open = 0;  // held, and nobody has looked at it
};

Result<NewestFence> newest_fence(ReadTx& tx, const TenantId& tenant_id) {
  NewestFence fence;
  CURFEW_TRY(const JournalHead head, journal_head(tx, tenant_id));
  fence.generation = head.position.generation;
  if (fence.generation <= 1) {
    return Error::permanent(ErrorCode::not_found, "this tenant was never fenced");
  }
  CURFEW_TRY(fence.row, load<Fence>(tx, tenant_id, fence.generation));
  Query query;
  query.prefix = keys_of(tenant_id, fence.generation);  // no limit: one for each gate
  CURFEW_TRY(fence.gates, scan_as<FenceGate>(tx, query));
  CURFEW_TRY(const auto open, open_lost_blocks(tx, tenant_id, fence.generation, AppId{},
                                               std::numeric_limits<std::size_t>::max()));
  fence.open = open.size();
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
  const bool is_open = !at.is_complete() && !at.is_all_that_leases_can_do();
  json["isComplete"] = at.is_complete();
  json["gates"] = is_open
                      ? words_of_open(at, call.context.clock.since_boot(), call.context.clock.now())
                      : words_of(at);
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
  std::uint64_t ended = 0;
  bj::array refused;  // {"id", "objectName", "why"}
};

Status end_all(WriteTx& tx, const AdminCall& call, const AppId& gate, EndedBlocks& done) {
  CURFEW_TRY(const JournalHead head, journal_head(tx, call.tenant_id()));
  CURFEW_TRY(const auto open, open_lost_blocks(tx, call.tenant_id(), head.position.generation, gate,
                                               kEndedAtOnceMax));
  for (const LostBlock& block : open) {
    const auto ended = review_lost_block(tx, call.context.journal, block.id, ReviewVerdict::end,
                                         call.actor(), call.context.clock.now());
    if (!ended.ok() && !guard_rule_of(ended.error())) return ended.error();
    if (!ended.ok()) {
      done.refused.push_back(bj::object{
          {"id", block.id}, {"objectName", block.subject_name}, {"why", ended.error().message()}});
      continue;
    }
    ++done.ended;
    CURFEW_TRY_STATUS(
        audit_change(tx, call, "fence.end", block.key_id, block.subject_name, block.id));
  }
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
      {"fencedDateTime",
       fence.row ? bj::value(to_rfc3339(fence.row->fenced_at)) : bj::value(nullptr)},
      {"restoredHead", fence.row ? position_or_null(fence.row->restored_head) : bj::value(nullptr)},
      {"toReview", fence.open}};
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
  if (wanted && !parse_enum(*wanted, state)) {
    co_return Error::permanent(ErrorCode::invalid_argument,
                               "state is held, kept, ended or not_held");
  }
  CURFEW_CO_TRY(const auto blocks, read_page<LostBlock>(call, page));
  bj::array value;
  for (const LostBlock& block : blocks) {
    if (!wanted || block.state == state) value.push_back(to_json(block));
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
    CURFEW_CO_TRY(const Gate found, look_up(call, &find_gate, *name));
    gate = found.app_id;
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
  co_return bj::value{{"endedCount", done->ended}, {"refused", std::move(done->refused)}};
}

}  // namespace curfew
