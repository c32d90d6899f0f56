#include "apps/curfew-gate/blocked_file.hpp"

#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "apps/curfew-gate/gate_folder.hpp"
#include "gate/feed/gate_limits.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

// {"key": "user/3f2c...", "position": "7.1042"}
std::optional<GateBlock> block_of(const boost::json::value& value) {
  if (!value.is_object()) return std::nullopt;
  const auto key = get_string(value.as_object(), "key");
  const auto position = get_string(value.as_object(), "position");
  if (!key.ok() || !position.ok()) return std::nullopt;
  auto parsed = parse_key(*key);
  const auto at = parse_position(*position);
  if (!parsed || !at) return std::nullopt;
  return GateBlock{*std::move(parsed), *at};
}

}  // namespace

std::string blocks_text(const std::vector<GateBlock>& blocks, const std::string& issuer) {
  boost::json::array list;
  for (const GateBlock& block : blocks) {
    list.push_back(boost::json::object{{"key", to_string(block.key)},
                                       {"position", to_string(block.position)}});
  }
  return serialize_json(boost::json::object{{"issuer", issuer}, {"blocks", std::move(list)}}) +
         "\n";
}

Result<std::vector<GateBlock>> read_blocks(const std::string& text, const std::string& issuer) {
  const Error damaged = Error::permanent(ErrorCode::corrupted, "it is no list of blocks");
  const auto json = parse_json_object(text, {.bytes_max = kFileOfOursBytesMax});
  if (!json.ok()) return damaged;
  const auto written_for = get_string(*json, "issuer");
  if (written_for.ok() && *written_for != issuer) {
    return Error::permanent(ErrorCode::conflict, "it is of another server");
  }
  const auto list = get_array(*json, "blocks");
  if (!list.ok() || (*list)->size() > gate_limits::kBlocksKeptMax) return damaged;
  std::vector<GateBlock> blocks;
  for (const boost::json::value& value : **list) {
    auto block = block_of(value);
    if (!block) return damaged;
    blocks.push_back(*std::move(block));
  }
  return blocks;
}

}  // namespace curfew
