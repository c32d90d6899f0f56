// gate/token/token_gate.hpp: may this request go on? What a program beside a gate asks, with the
// token that the request came with: the checks of our own APIs, by the gate's replica.
//
// In this order, each a refusal: the replica is there and in service (503); the token is a JWT
// within its limits, of a type that access tokens have, signed with a key that its issuer has now;
// issuer, tenant and times; an audience of the rules; the validity rule by the replica under the
// gate's lease (503 without one); the sender's key or certificate, where the token is bound to one;
// scopes or roles (403).
//
// Tokens that verified are remembered, with the hashes of their keys. A token whose issuer's keys
// changed is verified anew; if its key was withdrawn, it is refused, and its journal entry refuses
// it as well. What is remembered counts only for a header that is the same byte for byte, which is
// found by its end (header_name.hpp); it is wiped when it is forgotten.
//
// That one of our own was let in is remembered as well, with what the replica was then
// (ReplicaLook) and for which rules: it counts while nothing in the replica has changed, and is
// asked anew with the first change, whomever that is about. The lease and the clocks are asked each
// time; without a lease nothing of it counts, also at best effort. Nothing is remembered of a token
// that is bound to a sender, or was refused.
//
// A DPoP proof counts once at one TokenGate: two of them, in two processes for instance, do not
// know of each other's. A nonce is not asked for.
//
// Thread-safe. Requests with different tokens wait for each other in one of `lanes` cases only, and
// never while a signature is checked.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/recent_map.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "gate/replica/decision.hpp"
#include "gate/replica/reader.hpp"
#include "gate/token/foreign_token.hpp"
#include "gate/token/gate_token.hpp"
#include "gate/token/header_name.hpp"
#include "gate/token/issuer_keys.hpp"
#include "gate/token/token_rules.hpp"
#include "protocol/resource/denial.hpp"
#include "protocol/resource/proof_memory.hpp"
#include "protocol/resource/sender_check.hpp"
#include "protocol/resource/verified_access_token.hpp"

namespace curfew {

struct TokenGateConfig {
  std::string replica_path;
  ReaderRules reader;
  TokenRules rules;  // of requests that bring none
  std::vector<ForeignIssuer> foreign_issuers = {};
  Duration skew_max = kClockSkewMax;   // of `nbf`, for tokens of our own server
  std::string authorization_uri = {};  // empty: made from issuer and tenant if it can be
  std::string realm = {};
  std::size_t tokens_remembered = 32'768;
  std::size_t lanes = 16;
};

struct GateRequest {
  std::optional<std::string_view> authorization;  // the header's value
  SenderEvidence sender;                          // by_dpop is found out here
  bool has_repeated_header = false;               // Authorization or DPoP occurs twice
  const FixedRules* rules = nullptr;              // null: the gate's
};

struct GateAnswer {
  int status = 503;                                  // 200: live
  std::shared_ptr<const GateToken> token = nullptr;  // where one was verified
  std::string error = {};
  // Of the validity rule, where that was asked: "live", "revoked", ...; a zero byte is behind it.
  std::string_view verdict = "";
  std::string www_authenticate = {};
  std::string reason = {};                                 // for an operator; no part of the token
  std::optional<std::int64_t> retry_after = std::nullopt;  // seconds

  [[nodiscard]] bool is_live() const { return status == 200; }
};

// The gate itself cannot judge.
[[nodiscard]] GateAnswer unavailable_answer(std::string reason);

class TokenGate {
 public:
  // `read_time` may be called from any thread. invalid_argument for a configuration that cannot
  // be; the replica need not be there yet.
  [[nodiscard]] static Result<std::unique_ptr<TokenGate>> make(TokenGateConfig config,
                                                               ReadTime read_time);
  TokenGate(const TokenGate&) = delete;
  TokenGate& operator=(const TokenGate&) = delete;

  [[nodiscard]] GateAnswer check(const GateRequest& request);
  // The same, in the place of whatever `answer` was. `way` is the caller's own to the replica, for
  // who looks at it again later; null: the gate's.
  void check(const GateRequest& request, ReplicaFollower* way, GateAnswer& answer);

  // The keys of a foreign issuer as they are now. not_found; as parse_jwks().
  [[nodiscard]] Status set_foreign_keys(std::string_view issuer, std::string_view jwks);

  // For who keeps a connection open after check(): a way to the replica for one thread, and one
  // more look at the token of then. Only the validity rule is asked, all else holds still.
  [[nodiscard]] ReplicaFollower follower() const;
  // `need` as the request's rules had it.
  [[nodiscard]] GateAnswer judge_again(ReplicaFollower& follower,
                                       const std::shared_ptr<const GateToken>& token,
                                       HashedKeys& hashed, LeaseNeed need) const;

  // What the request is judged by.
  [[nodiscard]] const FixedRules& rules_of(const GateRequest& request) const {
    return request.rules != nullptr ? *request.rules : rules_;
  }
  [[nodiscard]] const TokenGateConfig& config() const { return config_; }
  [[nodiscard]] MachineTime time() const { return read_time_(); }
  [[nodiscard]] std::size_t tokens_remembered() const;

 private:
  using Keys = std::shared_ptr<const KeySet>;
  using Lock = std::unique_lock<std::mutex>;
  struct Verified {
    std::shared_ptr<const GateToken> token;
    Keys keys;  // that it was verified with
  };
  // Of an Authorization header.
  struct Presented {
    std::string_view compact;  // the token in it
    bool by_dpop = false;
  };
  // A request that was let in.
  struct LetIn {
    std::uint64_t rules = 0;  // their number; 0: there was none
    ReplicaLook look;
    TimePoint at;
  };
  struct Remembered {
    Secret header;  // as it came
    std::size_t compact_at = 0;
    std::size_t compact_size = 0;
    bool by_dpop = false;
    std::shared_ptr<const GateToken> token;
    Keys keys;  // that it was verified with
    HashedKeys hashed = {};
    LetIn let_in = {};
  };
  struct HashOfName {
    std::size_t operator()(const HeaderName& name) const noexcept { return name.mixed(); }
  };
  struct alignas(64) Lane {
    Lane(ReplicaFollower way, std::size_t entries_max)
        : follower(std::move(way)), remembered(entries_max) {}
    // What is remembered of this very header; null: nothing.
    [[nodiscard]] Remembered* find(const HeaderName& name, std::string_view header);

    std::mutex mutex;
    ReplicaFollower follower;
    OwnKeys::Known own;
    RecentMap<HeaderName, Remembered, HashOfName> remembered;
  };
  struct Foreign {
    ForeignIssuer issuer;
    mutable std::mutex mutex;
    Keys keys;
  };
  // A request with a header, and where to look for it.
  struct Asked {
    std::string_view header;
    const HeaderName& name;
    Lane& lane;
    ReplicaFollower& follower;
    const FixedRules& rules;
  };
  // A refusal before there is anything to judge.
  struct Refused {
    Denial denial;
    std::string reason;
  };
  struct Judged {
    std::shared_ptr<const GateToken> token;
    GateDecision decision = {};
    Presented presented = {};
    std::optional<Refused> refused = std::nullopt;  // then nothing else is set
  };

  TokenGate(TokenGateConfig config, ReadTime read_time);
  [[nodiscard]] Status add_foreign_issuers();
  [[nodiscard]] Keys keys_of(std::size_t issuer, const OwnKeys::Known& own) const;
  // Which foreign one has this name; kOwnIssuer where none has.
  [[nodiscard]] std::size_t issuer_named(std::string_view name) const;
  [[nodiscard]] std::size_t issuer_of(std::string_view compact) const;
  [[nodiscard]] Lane& lane_of(const HeaderName& name) const {
    // Its upper half: the lanes' maps go by the lower one. A division would take as long as the
    // map.
    return *lanes_[((name.mixed() >> 32) * lanes_.size()) >> 32];
  }
  [[nodiscard]] static Result<Presented> presented_in(std::string_view header);
  [[nodiscard]] Result<Verified> verify(std::string_view compact, const OwnKeys::Known& own) const;
  // With the lock of its lane, and what it remembers of the header; null: nothing.
  [[nodiscard]] GateAnswer check_anew(const GateRequest& request, const Asked& asked,
                                      Remembered* found, Lock lock);
  [[nodiscard]] Judged judge(const Asked& asked, Remembered* found, Lock lock);
  [[nodiscard]] Judged judge_new(const Asked& asked);
  [[nodiscard]] Judged judged_by(const Asked& asked, Remembered& remembered) const;
  // With the lock of its lane: was it verified with a key that its issuer has now?
  [[nodiscard]] bool is_of_now(const Remembered& found, Lane& lane, ReplicaFollower& follower);
  // The same: what let it in under these rules still stands.
  [[nodiscard]] bool is_still_let_in(const Remembered& found, const Asked& asked) const;
  void remember_let_in(const Asked& asked, const Judged& judged);
  [[nodiscard]] std::optional<Refused> check_origin(const GateToken& token, TimePoint now) const;
  [[nodiscard]] GateAnswer dead_answer(const std::shared_ptr<const GateToken>& token,
                                       const GateDecision& decision) const;
  [[nodiscard]] GateAnswer refusal(const Denial& denial, std::shared_ptr<const GateToken> token,
                                   std::string reason) const;

  TokenGateConfig config_;
  FixedRules rules_;
  ReadTime read_time_;
  HeaderName::Key name_key_;  // of this process
  OwnKeys own_keys_;
  ProofMemory proofs_;
  std::vector<std::unique_ptr<Foreign>> foreign_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace curfew
