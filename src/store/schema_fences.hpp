// store/schema_fences.hpp: the tables of fences, of the gates that came after them, and of what
// those had as blocked.
#pragma once

#include "model/fence.hpp"
#include "store/mapping.hpp"

namespace curfew {

template <>
struct Mapping<Fence> {
  static constexpr std::string_view table = "fences";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{
        column("tenant_id", &Fence::tenant_id), column("generation", &Fence::generation),
        column("fenced_at", &Fence::fenced_at), column("restored_head", &Fence::restored_head),
        column("was_written_on", &Fence::was_written_on)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

template <>
struct Mapping<FenceGate> {
  static constexpr std::string_view table = "fence_gates";
  static constexpr std::size_t key_column_count = 3;
  static auto columns() {
    return std::tuple{column("tenant_id", &FenceGate::tenant_id),
                      column("generation", &FenceGate::generation),
                      column("gate_id", &FenceGate::gate_id),
                      column("gate_name", &FenceGate::gate_name),
                      column("shown", &FenceGate::shown),
                      column("came_at", &FenceGate::came_at),
                      column("held_count", &FenceGate::held_count),
                      column("left_count", &FenceGate::left_count),
                      column("handed_over_at", &FenceGate::handed_over_at)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

template <>
struct Mapping<LostBlock> {
  static constexpr std::string_view table = "lost_blocks";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &LostBlock::tenant_id),
                      column("id", &LostBlock::id),
                      column("generation", &LostBlock::generation),
                      column("key_kind", &LostBlock::key_kind),
                      column("key_id", &LostBlock::key_id),
                      column("position", &LostBlock::position),
                      column("gate_id", &LostBlock::gate_id),
                      column("gate_name", &LostBlock::gate_name),
                      column("subject_name", &LostBlock::subject_name),
                      column("state", &LostBlock::state),
                      column("why", &LostBlock::why),
                      column("named_at", &LostBlock::named_at),
                      column("reviewed_at", &LostBlock::reviewed_at),
                      column("reviewed_by", &LostBlock::reviewed_by),
                      column("is_moot", &LostBlock::is_moot),
                      column("also_gate_id", &LostBlock::also_gate_id),
                      column("also_gate_name", &LostBlock::also_gate_name),
                      column("owner_kind", &LostBlock::owner_kind),
                      column("owner_id", &LostBlock::owner_id)};
  }
  // One of a fence for each key, whichever gate named it first.
  static std::vector<IndexSpec> indexes() {
    return {{"lost_blocks_by_key", {0, 2, 3, 4}, true},
            {"lost_blocks_by_gate", {0, 2, 6, 9, 12}, false}};
  }
};

}  // namespace curfew
