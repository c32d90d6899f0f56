// tests/fuzz/fuzz_received.cpp: what transmitters of shared signals send: tokens, the names of
// people in them, answers to polls.
//
// Covers: protocol/ssf/received_token.cpp protocol/ssf/received_events.cpp
//   protocol/ssf/foreign_subject.cpp protocol/ssf/poll_exchange.cpp
#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/signal_limits.hpp"
#include "base/text.hpp"
#include "crypto/sign_key.hpp"
#include "protocol/json/json.hpp"
#include "protocol/ssf/foreign_subject.hpp"
#include "protocol/ssf/poll_exchange.hpp"
#include "protocol/ssf/received_events.hpp"
#include "protocol/ssf/received_token.hpp"
#include "protocol/ssf/stream_requests.hpp"

using namespace curfew;

namespace {

const TimePoint kNow = from_unix_seconds(1'790'000'000);
const HeardRules kRules{"https://idp.test", {"us"}, {}, kNow};

// Made at start, so no input can carry a good signature of it.
const SigningKey& key() {
  static const SigningKey made = SigningKey::generate(SignatureAlg::es256).value();
  return made;
}
const KeySet& keys() {
  static const KeySet made =
      KeySet::of(JwsKey::asymmetric("k", SignatureAlg::es256, key().verify_key()).value());
  return made;
}

std::string signed_text(std::string_view header, std::string_view payload) {
  const std::string input = base64url_encode(header) + "." + base64url_encode(payload);
  return input + "." + base64url_encode(key().sign(input).value());
}

void check_names(const SubjectNames& names) {
  const auto is_empty = [](const std::string& text) { return text.empty(); };
  for (const auto& name : names.iss_subs) CURFEW_CHECK(!name.iss.empty() && !name.sub.empty());
  CURFEW_CHECK(std::ranges::none_of(names.mails, is_empty));
  CURFEW_CHECK(std::ranges::none_of(names.opaques, is_empty));
}

void check_problem(const TokenProblem& problem) {
  constexpr std::array<std::string_view, 5> kCodes{"invalid_request", "invalid_key",
                                                   "invalid_issuer", "invalid_audience",
                                                   "authentication_failed"};
  CURFEW_CHECK(std::ranges::find(kCodes, problem.code) != kCodes.end());
  CURFEW_CHECK(!problem.description.empty() && is_utf8(problem.description));
}

void check_token(const ReceivedToken& token) {
  CURFEW_CHECK(!token.jti.empty() && token.jti.size() <= limits::kJtiBytesMax);
  CURFEW_CHECK(token.txn.size() <= limits::kJtiBytesMax);
  CURFEW_CHECK(!token.event.empty() && token.event.size() <= limits::kReceivedUriBytesMax);
  CURFEW_CHECK(!has_unseen_characters(token.jti) && !has_unseen_characters(token.event));
  CURFEW_CHECK(serialize_json(token.subject).size() <= limits::kReceivedSubjectBytesMax);
  check_names(read_foreign_subject(token.subject));
  // What is not known, or says that something is better, takes nothing from anybody.
  const bool is_known = find_received_event(token.event) != nullptr;
  CURFEW_CHECK(is_known || effect_of(token.event, true, {}) == SignalEffect::notify);
  CURFEW_CHECK(effect_of(token.event, false, {token.event + "=disable"}) == SignalEffect::notify);
}

void check_signed(std::string_view payload) {
  constexpr std::array<std::string_view, 3> kHeaders{
      R"({"alg":"ES256","kid":"k","typ":"secevent+jwt"})", R"({"alg":"ES256","kid":"k"})",
      R"({"alg":"ES256","kid":"k","typ":"logout+jwt"})"};
  for (std::size_t i = 0; i < kHeaders.size(); ++i) {
    const auto checked = check_received(signed_text(kHeaders.at(i), payload), keys(), kRules);
    if (const auto* const problem = std::get_if<TokenProblem>(&checked)) {
      check_problem(*problem);
      continue;
    }
    CURFEW_CHECK(i != 2);  // of another kind
    const auto claims = parse_json_object(payload);
    CURFEW_CHECK(claims.ok() && claims->contains("events") && claims->contains("iat"));
    CURFEW_CHECK(i == 0 || !(claims->contains("exp") || claims->contains("nonce")));
    check_token(std::get<ReceivedToken>(checked));
  }
}

// What we say in the next poll is read as it was meant by a transmitter: ours.
void check_poll(std::string_view text) {
  const auto answer = read_poll_answer(text);
  if (!answer.ok()) return;
  CURFEW_CHECK(answer->sets.size() <= limits::kSourcePollEvents);
  PollRequest request;
  request.max_events = limits::kSourcePollEvents;
  for (const auto& [jti, compact] : answer->sets) {
    if (jti.empty() || jti.size() > limits::kJtiBytesMax) return;  // ours gives no such names
    if (request.acks.size() <= request.errors.size()) {
      request.acks.push_back(jti);
    } else {
      request.errors.push_back({jti, "invalid_key", "no"});
    }
  }
  const auto read = read_poll_wish(poll_request_text(request));
  CURFEW_CHECK(read.ok() && read->return_immediately && read->acks == request.acks);
  CURFEW_CHECK(read->errors.size() == request.errors.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto unsigned_one = check_received(text, keys(), kRules);
  CURFEW_CHECK(std::holds_alternative<TokenProblem>(unsigned_one));
  check_problem(std::get<TokenProblem>(unsigned_one));
  check_signed(text);
  check_poll(text);
  const auto object = parse_json_object(text);
  if (object.ok()) check_names(read_foreign_subject(*object));
  return 0;
}
