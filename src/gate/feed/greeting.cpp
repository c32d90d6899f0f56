#include "gate/feed/greeting.hpp"

#include <boost/json/object.hpp>

#include "gate/feed/fields.hpp"
#include "gate/feed/gate_limits.hpp"
#include "protocol/jose/jws.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

Result<Greeting> read_greeting(std::string_view payload) {
  CURFEW_TRY(const boost::json::object object, parse_json_object(payload));
  Greeting greeting;
  CURFEW_TRY(greeting.issuer, get_string(object, "iss"));
  CURFEW_TRY(greeting.node, get_bounded(object, "node", 0, gate_limits::kNodeBytesMax));
  CURFEW_TRY(greeting.version, get_int64(object, "version"));
  CURFEW_TRY(greeting.head, get_mark(object));
  CURFEW_TRY(greeting.floor, get_position(object, "floor"));
  CURFEW_TRY(greeting.at, get_millis(object, "at"));
  CURFEW_TRY(greeting.chain_hash_at_yours,
             get_bounded(object, "chain_hash_at_yours", 0, gate_limits::kChainHashBytesMax));
  return greeting;
}

}  // namespace

Result<std::string> sign_greeting(const Greeting& greeting, const JwtSigner& signer) {
  std::string payload;
  JsonObjectWriter object{payload};
  object.string("iss", greeting.issuer)
      .string("node", greeting.node)
      .integer("version", greeting.version);
  write_mark(object, greeting.head);
  object.string("floor", to_string(greeting.floor))
      .integer("at", to_unix_millis(greeting.at))
      .string("chain_hash_at_yours", greeting.chain_hash_at_yours)
      .end();
  return signer.sign(kGreetingType, payload);
}

Result<Greeting> verify_greeting(std::string_view jws, const KeySet& keys,
                                 std::string_view issuer) {
  CURFEW_TRY(const VerifiedJws verified, verify_jws(jws, keys, {std::string{kGreetingType}}));
  CURFEW_TRY(Greeting greeting, read_greeting(verified.payload));
  if (greeting.issuer != issuer) {
    return Error::permanent(ErrorCode::unauthenticated, "the greeting is of another issuer");
  }
  return greeting;
}

ShownGreeting judge_shown(const Greeting& shown, Position head, const ChainHashAt& at_shown) {
  const Position position = shown.head.position;
  if (!position.is_set()) return ShownGreeting::consistent;
  if (position.generation < head.generation) return ShownGreeting::outdated;
  const bool is_ours = position <= head && at_shown == shown.head.chain_hash;
  return is_ours ? ShownGreeting::consistent : ShownGreeting::rolled_back;
}

ResumeFrom resume_from(const ChainMark& has, Position head, Position floor,
                       const ChainHashAt& at_has) {
  const bool is_of_now = has.position.is_set() && has.position.generation == head.generation;
  const bool goes_on =
      is_of_now && has.position <= head && has.position >= floor && at_has == has.chain_hash;
  return goes_on ? ResumeFrom::position : ResumeFrom::snapshot;
}

}  // namespace curfew
