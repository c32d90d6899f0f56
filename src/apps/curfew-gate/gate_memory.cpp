#include "apps/curfew-gate/gate_memory.hpp"

#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "gate/feed/fields.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

boost::json::object json_of(const ChainMark& mark) {
  return {{"position", to_string(mark.position)}, {"chain_hash", mark.chain_hash}};
}

Result<GateMemory> memory_in(const boost::json::object& json) {
  GateMemory memory;
  CURFEW_TRY(const auto* const applied, get_object(json, "applied"));
  CURFEW_TRY(memory.follower.applied, get_mark(*applied));
  CURFEW_TRY(const auto* const newest, get_object(json, "newest"));
  CURFEW_TRY(memory.follower.newest.mark, get_mark(*newest));
  CURFEW_TRY(memory.follower.newest.jws, get_string(json, "head"));
  CURFEW_TRY(memory.jwks, get_string(json, "jwks"));
  return memory;
}

}  // namespace

std::string quick_memory_path(const std::string& replica_path) { return replica_path + ".memory"; }

std::string to_json_text(const GateMemory& memory, const std::string& issuer) {
  return serialize_json(boost::json::object{{"issuer", issuer},
                                            {"applied", json_of(memory.follower.applied)},
                                            {"newest", json_of(memory.follower.newest.mark)},
                                            {"head", memory.follower.newest.jws},
                                            {"jwks", memory.jwks}}) +
         "\n";
}

Result<GateMemory> read_gate_memory(const std::string& text, const std::string& issuer) {
  const auto json = parse_json_object(text, {.bytes_max = kMemoryBytesMax});
  if (!json.ok()) return Error::permanent(ErrorCode::corrupted, json.error().message());
  const auto written_for = get_string(*json, "issuer");
  if (written_for.ok() && *written_for != issuer) {
    return Error::permanent(ErrorCode::conflict, "it is of another server");
  }
  auto memory = memory_in(*json);
  if (!memory.ok()) return Error::permanent(ErrorCode::corrupted, memory.error().message());
  return memory;
}

Result<std::optional<GateMemory>> load_gate_memory(const std::string& path,
                                                   const std::string& issuer) {
  CURFEW_TRY(const auto text, read_if_there(path));
  if (!text) return std::optional<GateMemory>{};
  auto memory = read_gate_memory(*text, issuer);
  if (!memory.ok()) return memory.error().within(path);
  return std::optional{std::move(memory).value()};
}

}  // namespace curfew
