#include "gate/feed/message.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <optional>

#include "gate/feed/fields.hpp"
#include "gate/feed/gate_limits.hpp"
#include "model/journal_entry.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

namespace bj = boost::json;
using namespace gate_limits;

Error refused(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

Error over(std::string message) {
  return Error::permanent(ErrorCode::exhausted, std::move(message));
}

// Entries, and blocks.

void append_entry(std::string& out, const ReplicaEntry& entry) {
  JsonObjectWriter object{out};
  object.string("position", to_string(entry.position))
      .string("kind", to_string(entry.key.kind))
      .string("id", entry.key.id)
      .string("effect", to_string(entry.effect))
      .integer("at", to_unix_millis(entry.at));
  if (entry.is_blocked_after) object.boolean("is_blocked_after", true);
  object.end();
}

void append_block(std::string& out, const GateBlock& block) {
  JsonObjectWriter{out}
      .string("kind", to_string(block.key.kind))
      .string("id", block.key.id)
      .string("position", to_string(block.position))
      .end();
}

template <typename Item>
std::string array_of(const std::vector<Item>& items, void (*append)(std::string&, const Item&)) {
  constexpr std::size_t kItemBytes = 160;
  std::string out;
  out.reserve(items.size() * kItemBytes + 2);
  out += '[';
  for (const Item& item : items) {
    if (out.size() > 1) out += ',';
    append(out, item);
  }
  out += ']';
  return out;
}

// `to_update`: who is older where the kind is not known.
Result<Key> read_key(const bj::object& object, std::string_view to_update) {
  CURFEW_TRY(const std::string kind, get_string(object, "kind"));
  const auto known_kind = parse_key_kind(kind);
  if (!known_kind) {
    return refused("kind is none that this version knows: update the " + std::string{to_update});
  }
  CURFEW_TRY(std::string id, get_bounded(object, "id", 1, kKeyIdBytesMax));
  return Key{*known_kind, std::move(id)};
}

// One that is not understood must not be passed over: what it outdates would live on.
Result<ReplicaEntry> read_entry(const bj::object& object) {
  ReplicaEntry entry;
  CURFEW_TRY(entry.position, get_set_position(object, "position"));
  CURFEW_TRY(entry.key, read_key(object, "gate"));
  CURFEW_TRY(const std::string effect, get_string(object, "effect"));
  if (!parse_enum(effect, entry.effect)) {
    return refused("effect is none that this version knows: update the gate");
  }
  CURFEW_TRY(entry.at, get_millis(object, "at"));
  CURFEW_TRY(const auto is_blocked, get_optional_bool(object, "is_blocked_after"));
  entry.is_blocked_after = is_blocked.value_or(false);
  return entry;
}

// The objects of an array, each by `read`.
template <typename Item>
Result<std::vector<Item>> read_items(const bj::object& object, std::string_view name,
                                     std::size_t count_max,
                                     Result<Item> (*read)(const bj::object&)) {
  CURFEW_TRY(const bj::array* const array, get_array(object, name));
  if (array->size() > count_max) {
    return over(std::string{name} + " has more than " + std::to_string(count_max) + " objects");
  }
  std::vector<Item> items;
  items.reserve(array->size());
  for (const bj::value& value : *array) {
    const bj::object* const inner = value.if_object();
    if (inner == nullptr) return refused(std::string{name} + " is not an array of objects");
    CURFEW_TRY(Item item, read(*inner));
    items.push_back(std::move(item));
  }
  return items;
}

Result<std::vector<ReplicaEntry>> read_entries(const bj::object& object) {
  CURFEW_TRY(std::vector<ReplicaEntry> entries,
             read_items(object, "entries", kEntriesOfMessageMax, read_entry));
  if (!std::ranges::is_sorted(entries, {}, &ReplicaEntry::position)) {
    return refused("entries is not in the order of positions");
  }
  return entries;
}

Result<std::string> read_head(const bj::object& object, bool is_needed) {
  CURFEW_TRY(std::string head, get_bounded(object, "head", 0, kHeadBytesMax));
  if (head.empty() == is_needed) {
    return refused(is_needed ? "head is empty" : "head is where none belongs");
  }
  return head;
}

Result<std::uint32_t> read_part(const bj::object& object) {
  CURFEW_TRY(const std::int64_t number, get_int64(object, "part"));
  if (number < 0 || number >= std::int64_t{kPartsMax}) {
    return over("part is not between 0 and " + std::to_string(kPartsMax - 1));
  }
  return static_cast<std::uint32_t>(number);
}

// Server -> gate.

Result<ServerMessage> read_hello(const bj::object& object) {
  ServerHello hello;
  CURFEW_TRY(hello.version, get_int64(object, "version"));
  CURFEW_TRY(hello.node, get_bounded(object, "node", 0, kNodeBytesMax));
  CURFEW_TRY(hello.floor, get_position(object, "floor"));
  CURFEW_TRY(hello.head, read_head(object, true));
  CURFEW_TRY(hello.chain_hash_at_yours,
             get_bounded(object, "chain_hash_at_yours", 0, kChainHashBytesMax));
  CURFEW_TRY(const auto wants_blocks, get_optional_bool(object, "wants_blocks"));
  hello.wants_blocks = wants_blocks.value_or(false);
  return ServerMessage{std::move(hello)};
}

Result<ServerMessage> read_snapshot(const bj::object& object) {
  SnapshotPart part;
  CURFEW_TRY(part.position, get_set_position(object, "position"));
  CURFEW_TRY(part.floor, get_position(object, "floor"));
  CURFEW_TRY(part.floor_at, get_millis(object, "floor_at"));
  CURFEW_TRY(part.newest_stamp, get_position(object, "newest_stamp"));
  CURFEW_TRY(part.part, read_part(object));
  CURFEW_TRY(part.is_last, get_bool(object, "is_last"));
  CURFEW_TRY(part.head, read_head(object, part.is_last));
  CURFEW_TRY(part.entries, read_entries(object));
  if (!part.entries.empty() && part.entries.back().position > part.position) {
    return refused("entries goes past the snapshot's own position");
  }
  return ServerMessage{std::move(part)};
}

Status check_entries(const FeedEntries& feed) {
  if (feed.is_urgent) {
    const bool has_unblock = std::ranges::any_of(
        feed.entries, [](const ReplicaEntry& entry) { return entry.effect == Effect::unblock; });
    // It would be believed before a block that comes in its turn.
    if (has_unblock) return refused("entries has an unblock ahead of its turn");
    return Done{};
  }
  const auto gap = std::ranges::adjacent_find(
      feed.entries, [](const ReplicaEntry& one, const ReplicaEntry& next) {
        return next.position != one.position.next();
      });
  if (gap != feed.entries.end()) return refused("entries has a gap");
  return Done{};
}

Result<Duration> read_ack_pause(const bj::object& object) {
  if (!object.contains("ack_pause")) return Duration{};
  CURFEW_TRY(const std::int64_t millis, get_int64(object, "ack_pause"));
  constexpr Duration kMost = kAckPauseMax;
  if (millis < 0 || millis > kMost.count()) {
    return over("ack_pause is not between 0 and " + std::to_string(kMost.count()) +
                " milliseconds");
  }
  return Duration{millis};
}

Result<ServerMessage> read_feed(const bj::object& object) {
  FeedEntries feed;
  CURFEW_TRY(const auto is_urgent, get_optional_bool(object, "is_urgent"));
  feed.is_urgent = is_urgent.value_or(false);
  CURFEW_TRY(feed.entries, read_entries(object));
  CURFEW_TRY(feed.head, read_head(object, !feed.is_urgent && !feed.entries.empty()));
  CURFEW_TRY(feed.floor, get_position(object, "floor"));
  CURFEW_TRY(feed.ack_pause, read_ack_pause(object));
  CURFEW_TRY_STATUS(check_entries(feed));
  return ServerMessage{std::move(feed)};
}

Result<std::int64_t> get_request(const bj::object& object) {
  CURFEW_TRY(const std::int64_t request, get_int64(object, "request"));
  if (request < 0) return refused("request is negative");
  return request;
}

Result<ServerMessage> read_lease(const bj::object& object) {
  LeaseAnswer lease;
  CURFEW_TRY(lease.request, get_request(object));
  CURFEW_TRY(lease.position, get_position(object, "position"));
  CURFEW_TRY(const std::int64_t millis, get_int64(object, "duration"));
  constexpr Duration kMost = kLeaseTimeMax;
  if (millis <= 0 || millis > kMost.count()) {
    return over("duration is not between 1 and " + std::to_string(kMost.count()) + " milliseconds");
  }
  lease.duration = Duration{millis};
  CURFEW_TRY(lease.head, read_head(object, true));
  return ServerMessage{std::move(lease)};
}

Result<ServerMessage> read_keys(const bj::object& object) {
  CURFEW_TRY(const bj::object* const jwks, get_object(object, "jwks"));
  FeedKeys keys{serialize_json(*jwks)};
  if (keys.jwks.size() > kJwksTextBytesMax) {
    return over("jwks has more than " + std::to_string(kJwksTextBytesMax) + " bytes");
  }
  return ServerMessage{std::move(keys)};
}

Result<ServerMessage> read_policy(const bj::object& object) {
  CURFEW_TRY(const std::string text, get_string(object, "mode"));
  FeedPolicy policy;
  if (!parse_enum(text, policy.mode)) return refused("mode is neither strict nor best_effort");
  CURFEW_TRY(policy.newest_stamp, get_position(object, "newest_stamp"));
  return ServerMessage{policy};
}

Result<ServerMessage> read_refusal(const bj::object& object) {
  FeedRefusal refusal;
  CURFEW_TRY(refusal.reason, get_bounded(object, "reason", 0, kRefusalBytesMax));
  CURFEW_TRY(const auto is_rolled_back, get_optional_bool(object, "is_rolled_back"));
  refusal.is_rolled_back = is_rolled_back.value_or(false);
  return ServerMessage{std::move(refusal)};
}

// Gate -> server.

constexpr std::string_view kUncutRequests = "has_uncut_requests";
constexpr std::string_view kProgramVersion = "program_version";

// It is shown to people and kept: nothing that a terminal or a page could take for more than text.
Result<std::string> read_program_version(const bj::object& object) {
  CURFEW_TRY(auto version, get_optional_string(object, kProgramVersion));
  if (!version) return std::string{};
  if (version->empty() || version->size() > kProgramVersionBytesMax) {
    return over("program_version has not between 1 and " + std::to_string(kProgramVersionBytesMax) +
                " characters");
  }
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+~_-";
  if (version->find_first_not_of(kAllowed) != std::string::npos) {
    return refused("program_version has others than letters, digits and .+~_-");
  }
  return std::move(*version);
}

Result<GateMessage> read_gate_hello(const bj::object& object) {
  GateHello hello;
  hello.versions.clear();
  CURFEW_TRY(const bj::array* const versions, get_array(object, "versions"));
  if (versions->empty() || versions->size() > kVersionsMax) {
    return over("versions has not between 1 and " + std::to_string(kVersionsMax) + " numbers");
  }
  for (const bj::value& version : *versions) {
    const std::int64_t* const number = version.if_int64();
    if (number == nullptr) return refused("versions is not an array of whole numbers");
    hello.versions.push_back(*number);
  }
  CURFEW_TRY(std::string instance,
             get_bounded(object, "instance", kInstanceBytesMin, kInstanceBytesMax));
  hello.instance = GateInstanceId{std::move(instance)};
  CURFEW_TRY(hello.has, get_mark(object));
  CURFEW_TRY(hello.head, get_bounded(object, "head", 0, kHeadBytesMax));
  CURFEW_TRY(hello.has_uncut_requests, get_optional_bool(object, kUncutRequests));
  CURFEW_TRY(hello.program_version, read_program_version(object));
  return GateMessage{std::move(hello)};
}

Result<GateMessage> read_lease_request(const bj::object& object) {
  CURFEW_TRY(const std::int64_t request, get_request(object));
  CURFEW_TRY(const auto has_uncut, get_optional_bool(object, kUncutRequests));
  return GateMessage{LeaseRequest{request, has_uncut.value_or(false)}};
}

Result<GateMessage> read_ack(const bj::object& object) {
  CURFEW_TRY(const Position position, get_position(object, "position"));
  CURFEW_TRY(const auto has_uncut, get_optional_bool(object, kUncutRequests));
  return GateMessage{FeedAck{position, has_uncut.value_or(false)}};
}

// What gates say most, letter by letter as this version writes it: a server hears it from each of
// thousands, and needs no tree of values for it. Nothing: for the others to read.
std::optional<FeedAck> read_plain_ack(std::string_view text) {
  constexpr std::string_view kBegin = R"({"type":"ack","position":")";
  constexpr std::string_view kEnd = R"("})";
  if (text.size() < kBegin.size() + kEnd.size()) return std::nullopt;
  if (!text.starts_with(kBegin) || !text.ends_with(kEnd)) return std::nullopt;
  text.remove_prefix(kBegin.size());
  text.remove_suffix(kEnd.size());
  const auto position = parse_position(text);
  if (!position) return std::nullopt;
  return FeedAck{*position};
}

Result<GateBlock> read_block(const bj::object& object) {
  GateBlock block;
  CURFEW_TRY(block.key, read_key(object, "server"));
  CURFEW_TRY(block.position, get_set_position(object, "position"));
  return block;
}

Result<GateMessage> read_blocks(const bj::object& object) {
  GateBlocks blocks;
  CURFEW_TRY(blocks.part, read_part(object));
  CURFEW_TRY(blocks.is_last, get_bool(object, "is_last"));
  CURFEW_TRY(blocks.blocks, read_items(object, "blocks", kBlocksOfMessageMax, read_block));
  return GateMessage{std::move(blocks)};
}

// By type.

template <typename Message>
struct TypeReader {
  std::string_view type;
  Result<Message> (*read)(const bj::object&);
};

constexpr TypeReader<ServerMessage> kServerReaders[] = {
    {"hello", read_hello},    {"snapshot", read_snapshot}, {"entries", read_feed},
    {"lease", read_lease},    {"keys", read_keys},         {"policy", read_policy},
    {"refusal", read_refusal}};

constexpr TypeReader<GateMessage> kGateReaders[] = {{"hello", read_gate_hello},
                                                    {"lease", read_lease_request},
                                                    {"ack", read_ack},
                                                    {"blocks", read_blocks}};

template <typename Message, std::size_t Count>
Result<Message> read_message(std::string_view text, const TypeReader<Message> (&readers)[Count],
                             std::size_t bytes_max) {
  CURFEW_TRY(const bj::object object,
             parse_json_object(text, {.bytes_max = bytes_max, .depth_max = kMessageDepthMax}));
  CURFEW_TRY(const std::string type, get_string(object, "type"));
  for (const TypeReader<Message>& reader : readers) {
    if (reader.type != type) continue;
    Result<Message> message = reader.read(object);
    if (!message.ok()) return message.error().within("message " + type);
    return message;
  }
  return Error::permanent(ErrorCode::protocol,
                          "the message has a type that version 1 of the gate protocol does not "
                          "have: update whichever side is older");
}

// Writing.

struct Writer {
  std::string& out;

  JsonObjectWriter begin(std::string_view type) const {
    JsonObjectWriter object{out};
    object.string("type", type);
    return object;
  }

  void operator()(const ServerHello& hello) const {
    JsonObjectWriter object = begin("hello");
    object.integer("version", hello.version)
        .string("node", hello.node)
        .string("floor", to_string(hello.floor))
        .string("head", hello.head)
        .string("chain_hash_at_yours", hello.chain_hash_at_yours);
    if (hello.wants_blocks) object.boolean("wants_blocks", true);
    object.end();
  }
  void operator()(const SnapshotPart& part) const {
    begin("snapshot")
        .string("position", to_string(part.position))
        .string("floor", to_string(part.floor))
        .integer("floor_at", to_unix_millis(part.floor_at))
        .string("newest_stamp", to_string(part.newest_stamp))
        .integer("part", part.part)
        .boolean("is_last", part.is_last)
        .string("head", part.head)
        .raw("entries", array_of(part.entries, append_entry))
        .end();
  }
  void operator()(const FeedEntries& feed) const {
    JsonObjectWriter object = begin("entries");
    if (feed.is_urgent) object.boolean("is_urgent", true);
    object.raw("entries", array_of(feed.entries, append_entry))
        .string("head", feed.head)
        .string("floor", to_string(feed.floor));
    if (feed.ack_pause > Duration{0}) object.integer("ack_pause", feed.ack_pause.count());
    object.end();
  }
  void operator()(const LeaseAnswer& lease) const {
    begin("lease")
        .integer("request", lease.request)
        .string("position", to_string(lease.position))
        .integer("duration", lease.duration.count())
        .string("head", lease.head)
        .end();
  }
  void operator()(const FeedKeys& keys) const { begin("keys").raw("jwks", keys.jwks).end(); }
  void operator()(const FeedPolicy& policy) const {
    begin("policy")
        .string("mode", to_string(policy.mode))
        .string("newest_stamp", to_string(policy.newest_stamp))
        .end();
  }
  void operator()(const FeedRefusal& refusal) const {
    JsonObjectWriter object = begin("refusal");
    object.string("reason", refusal.reason);
    if (refusal.is_rolled_back) object.boolean("is_rolled_back", true);
    object.end();
  }

  void operator()(const GateHello& hello) const {
    JsonObjectWriter object = begin("hello");
    std::string versions;
    for (const std::int64_t version : hello.versions) {
      if (!versions.empty()) versions += ',';
      versions += std::to_string(version);
    }
    object.raw("versions", "[" + versions + "]").string("instance", hello.instance.str());
    write_mark(object, hello.has);
    object.string("head", hello.head);
    if (hello.has_uncut_requests) object.boolean(kUncutRequests, *hello.has_uncut_requests);
    if (!hello.program_version.empty()) object.string(kProgramVersion, hello.program_version);
    object.end();
  }
  void operator()(const LeaseRequest& request) const {
    JsonObjectWriter object = begin("lease");
    object.integer("request", request.request);
    if (request.has_uncut_requests) object.boolean(kUncutRequests, true);
    object.end();
  }
  void operator()(const FeedAck& ack) const {
    JsonObjectWriter object = begin("ack");
    object.string("position", to_string(ack.position));
    if (ack.has_uncut_requests) object.boolean(kUncutRequests, true);
    object.end();
  }
  void operator()(const GateBlocks& blocks) const {
    begin("blocks")
        .integer("part", blocks.part)
        .boolean("is_last", blocks.is_last)
        .raw("blocks", array_of(blocks.blocks, append_block))
        .end();
  }
};

template <typename Message>
std::string written(const Message& message) {
  std::string out;
  std::visit(Writer{out}, message);
  return out;
}

}  // namespace

Result<ServerMessage> read_server_message(std::string_view text) {
  return read_message(text, kServerReaders, kFromServerBytesMax);
}

Result<GateMessage> read_gate_message(std::string_view text) {
  if (const auto ack = read_plain_ack(text)) return GateMessage{*ack};
  return read_message(text, kGateReaders, kFromGateBytesMax);
}

std::string to_json(const ServerMessage& message) { return written(message); }
std::string to_json(const GateMessage& message) { return written(message); }

Result<std::int64_t> agreed_version(const GateHello& hello) {
  if (std::ranges::find(hello.versions, kGateProtocolVersion) != hello.versions.end()) {
    return kGateProtocolVersion;
  }
  const std::int64_t newest = std::ranges::max(hello.versions);
  return Error::permanent(
      ErrorCode::protocol,
      newest < kGateProtocolVersion
          ? "the gate speaks only versions of the gate protocol before 1: update the gate"
          : "the gate speaks only versions of the gate protocol after 1: update the server");
}

}  // namespace curfew
