#include "apps/curfew-gate/run_records.hpp"

#include <utility>

#include "io/file.hpp"

namespace curfew {

namespace {

constexpr mode_t kFileMode = 0600;

struct File {
  const char* name;
  std::string text;
};

}  // namespace

Result<GateMemory> RunRecords::load() {
  const auto quick = load_gate_memory(quick_path_, issuer_);
  const auto kept = load_gate_memory(folder_.file("feed.json"), issuer_);
  if (kept.ok() && *kept) memory_ = **kept;
  if (quick.ok() && *quick) quick_ = **quick;
  const bool has_one = (kept.ok() && *kept) || (quick.ok() && *quick);
  if (!has_one && !kept.ok()) return kept.error();
  if (!has_one && !quick.ok()) return quick.error();
  const bool is_quick_newer =
      quick_.follower.newest.mark.position >= memory_.follower.newest.mark.position;
  return is_quick_newer && quick.ok() && *quick ? quick_ : memory_;
}

Result<std::vector<GateBlock>> RunRecords::load_blocks() const {
  const std::string path = folder_.file("blocked.json");
  CURFEW_TRY(const auto text, read_if_there(path));
  if (!text) return std::vector<GateBlock>{};
  auto blocks = read_blocks(*text, issuer_);
  if (!blocks.ok()) return blocks.error().within(path);
  return blocks;
}

Status RunRecords::store_quickly(const FollowerMemory& memory, const std::string& jwks) {
  if (memory == quick_.follower) return Done{};
  GateMemory next{memory, jwks};
  CURFEW_TRY_STATUS(write_file_atomic(quick_path_, to_json_text(next, issuer_), kFileMode));
  quick_ = std::move(next);
  return Done{};
}

Task<Status> RunRecords::store(GateMemory memory, RunStatus status,
                               std::optional<std::vector<GateBlock>> blocks) {
  std::vector<File> files;
  if (memory != memory_) files.push_back({"feed.json", to_json_text(memory, issuer_)});
  if (blocks) files.push_back({"blocked.json", blocks_text(*blocks, issuer_)});
  files.push_back({"status.json", to_json_text(status)});
  auto work = [folder = folder_, files = std::move(files)]() -> Status {
    for (const File& file : files) {
      CURFEW_TRY_STATUS(write_file_atomic(folder.file(file.name), file.text, kFileMode));
    }
    return Done{};
  };
  CURFEW_CO_TRY_STATUS(co_await offload(pool_, executor_, std::move(work)));
  memory_ = std::move(memory);
  status_ = std::move(status);
  co_return Done{};
}

}  // namespace curfew
