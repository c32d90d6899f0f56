// tests/bench/gate_bench.cpp: what one check at a gate costs, beside OpenSSL's own verification of
// a signature in the same run: a token that was seen before, and a new one.
//
//   gate_bench FOLDER        (a folder in shared memory)
//
// Processor time of the one thread, and the best of several rounds: on a busy machine the others
// say more about the neighbours.
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "crypto/sign_key.hpp"
#include "gate/replica/writer.hpp"
#include "gate/token/token_gate.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/jose/jwt_signer.hpp"

namespace curfew {
namespace {

constexpr int kRounds = 15;
constexpr std::size_t kNewTokens = 400;
constexpr std::size_t kSeenTokens = 1'000;
constexpr std::uint64_t kEntries = 100'000;
const ReplicaIdentity kIdentity{"3c9a2f4e-7a51-4c0f-9a86-2f6f0a1d5b7e",
                                "https://id.contoso.com/3c9a2f4e/v2.0"};

double cpu_micros() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

double best_of(const std::function<void()>& round, const std::function<void()>& before = [] {}) {
  double best = 1e300;
  for (int i = 0; i < kRounds; ++i) {
    before();
    const double start = cpu_micros();
    round();
    best = std::min(best, cpu_micros() - start);
  }
  return best;
}

// OpenSSL's verification of as many bytes as a token has before its signature.
double raw_verify(EVP_PKEY* key, std::size_t bytes) {
  const std::string message(bytes, 'x');
  const auto* const data = reinterpret_cast<const unsigned char*>(message.data());
  const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> sha256{
      EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free};
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free};
  std::array<unsigned char, 512> signature{};
  std::size_t size = signature.size();
  EVP_DigestSignInit(context.get(), nullptr, sha256.get(), nullptr, key);
  EVP_DigestSign(context.get(), signature.data(), &size, data, message.size());
  EVP_MD_CTX_reset(context.get());
  return best_of([&] {
           for (std::size_t i = 0; i < kNewTokens; ++i) {
             EVP_DigestVerifyInit(context.get(), nullptr, sha256.get(), nullptr, key);
             if (EVP_DigestVerify(context.get(), signature.data(), size, data, message.size()) != 1)
               std::abort();
             EVP_MD_CTX_reset(context.get());
           }
         }) /
         kNewTokens;
}

class Bench {
 public:
  explicit Bench(const std::string& folder)
      : boot_id_(read_boot_id().value()), path_(folder + "/gate-bench") {
    ReplicaOptions options;
    options.path = path_;
    options.table = {kIdentity, boot_id_, std::nullopt};
    options.entries_min = kEntries;
    writer_ = ReplicaWriter::open(options).value();
    must(writer_->begin_snapshot({{1, 0}, {1, 0}, clock_.now(), {}}));
    must(writer_->finish_snapshot());
    std::vector<ReplicaEntry> entries;
    for (std::uint64_t n = 1; n <= kEntries; ++n) {
      entries.push_back(
          {{KeyKind::user, "revoked-" + std::to_string(n)}, Effect::reauth, {1, n}, clock_.now()});
    }
    must(writer_->apply(entries));
    must(writer_->advance({1, kEntries}));
    const MachineTime now = machine_time(boot_id_, clock_);
    constexpr Duration kTime = std::chrono::hours{1};
    if (!writer_->set_lease({{1, 0}, now.since_boot + kTime, now.now + kTime}, {1, kEntries}))
      std::abort();
  }
  ~Bench() { writer_->withdraw(); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void measure(SignatureAlg alg, double raw) {
    const JwtSigner signer{SigningKey::generate(alg).value(), "key"};
    must(writer_->set_signing_keys(
        serialize_jwks({serialize_jwk(signer.verify_key(), alg, signer.kid())})));
    std::vector<std::string> headers;
    for (std::size_t n = 0; n < kSeenTokens; ++n) headers.push_back("Bearer " + token(signer, n));
    std::unique_ptr<TokenGate> gate = make();
    const std::string name{to_string(alg)};
    // A gate that knows the keys, but none of the tokens.
    const double fresh = best_of([&] { ask(*gate, headers, kNewTokens); },
                                 [&] {
                                   gate = make();
                                   ask(*gate, {headers.back()}, 1);
                                 }) /
                         kNewTokens;
    std::printf(
        "%s: a new token of %zu bytes    %6.2f us (OpenSSL's verification alone %6.2f us: %.2f)\n",
        name.c_str(), headers[0].size() - 7, fresh, raw, fresh / raw);
    ask(*gate, headers, kSeenTokens);
    const double seen = best_of([&] { ask(*gate, headers, kSeenTokens); }) / kSeenTokens;
    std::printf("%s: a token that was seen before %6.3f us\n", name.c_str(), seen);
  }

 private:
  static void must(const Status& status) {
    if (status.ok()) return;
    std::fprintf(stderr, "%s\n", status.error().message().c_str());
    std::exit(1);
  }
  std::unique_ptr<TokenGate> make() {
    TokenGateConfig config;
    config.replica_path = path_;
    config.reader = {kIdentity, {::geteuid()}};
    config.rules.audiences = {"api://files"};
    config.lanes = 1;
    return TokenGate::make(config, [this] { return machine_time(boot_id_, clock_); }).value();
  }
  static void ask(TokenGate& gate, const std::vector<std::string>& headers, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      GateRequest request;
      request.authorization = headers[i];
      if (!gate.check(request).is_live()) std::abort();
    }
  }
  [[nodiscard]] std::string token(const JwtSigner& signer, std::size_t number) const {
    const std::int64_t now = to_unix_seconds(clock_.now());
    AccessTokenClaims claims;
    claims.iss = kIdentity.issuer;
    claims.aud = "api://files";
    claims.sub = claims.oid = "1f6d8a30-53b2-4d63-8c9a-" + std::to_string(100'000'000'000 + number);
    claims.tid = TenantId{kIdentity.tenant_id};
    claims.client_id = AppId{"9a0f6c1e-2b3d-4e5f-8a7b-6c5d4e3f2a1b"};
    claims.scp = "Files.Read Files.Write";
    claims.sid = SessionId{"7b1d2c3e-4f50-4a6b-9c8d-0e1f2a3b4c5d"};
    claims.grant_id = GrantId{"0c9d8e7f-6a5b-4c3d-8e2f-1a0b9c8d7e6f"};
    claims.authenticator_id = "5e4d3c2b-1a09-4f8e-9d7c-6b5a49382716";
    claims.jti = "token-" + std::to_string(number);
    claims.iat = claims.nbf = now;
    claims.exp = now + 3000;
    claims.auth_time = now;
    claims.amr = {"pwd"};
    claims.acr = "1";
    claims.stamps = {{1, kEntries}, {1, kEntries}};
    return signer.sign("at+jwt", to_json(claims)).value();
  }

  SystemClock clock_;
  BootId boot_id_;
  std::string path_;
  std::unique_ptr<ReplicaWriter> writer_;
};

int run(const std::string& folder) {
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  constexpr std::size_t kSignedBytes = 950;
  const Key rsa{EVP_RSA_gen(2048), EVP_PKEY_free};
  const Key ec{EVP_EC_gen("P-256"), EVP_PKEY_free};
  Bench bench{folder};
  bench.measure(SignatureAlg::rs256, raw_verify(rsa.get(), kSignedBytes));
  bench.measure(SignatureAlg::es256, raw_verify(ec.get(), kSignedBytes));
  return 0;
}

}  // namespace
}  // namespace curfew

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: gate_bench FOLDER\n");
    return 2;
  }
  return curfew::run(argv[1]);
}
