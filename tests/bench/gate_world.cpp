#include "tests/bench/gate_world.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "io/tls_context.hpp"
#include "protocol/jose/jwk.hpp"

namespace curfew::bench {

namespace {

constexpr double kAcceptMicrosMax = 30e6;

class TimedScript final : public PacedScript {
 public:
  TimedScript(std::string token, std::vector<UserId> subjects, Timed& timed, double period)
      : PacedScript(monotonic_micros(), period),
        token_(std::move(token)),
        subjects_(std::move(subjects)),
        timed_(timed) {}
  std::string next() override {
    const std::size_t at = timed_.begun;
    if (at == subjects_.size() || timed_.is_over) return {};
    std::string request = revocation_request(token_, subjects_[at]);
    timed_.began[at] = monotonic_micros();
    timed_.begun = at + 1;
    return request;
  }

 private:
  std::string token_;
  std::vector<UserId> subjects_;
  Timed& timed_;
};

Timing sorted(std::vector<double> micros) {
  std::ranges::sort(micros);
  return {std::move(micros)};
}

}  // namespace

Outcome PacedScript::take(const Answer& answer) {
  due_ += period_;
  return RevokeScript::is_made(answer.status) ? Outcome::unit_done : Outcome::wrong;
}

double PacedScript::pause() const { return std::max(1.0, due_ - monotonic_micros()); }

Result<std::unique_ptr<GateWorld>> GateWorld::make(const Bench& bench, std::size_t others) {
  const std::size_t watched = bench.scale().gate_revocations;
  auto world = std::make_unique<GateWorld>(bench.options());
  CURFEW_TRY(world->known, make_revoke_world(bench, watched + others, watched));
  CURFEW_TRY(world->operator_token, bench::operator_token(world->known));
  world->folder = world->known.world->folder().path + "/../gate";
  world->timed.began.resize(watched);
  return world;
}

Status GateWorld::enrol(std::size_t count) {
  CURFEW_TRY(tokens, access_tokens(known, timed.began.size()));
  CURFEW_TRY(const auto codes, add_gates(known, operator_token, "gate", count));
  CURFEW_TRY(identity, enrol_program(options, known, codes.front(), folder));
  CURFEW_TRY(enrolled, enrol_each(known, {codes.begin() + 1, codes.end()}));
  return Done{};
}

Status GateWorld::make_swarm(const GateIdentity& of_any) {
  CURFEW_TRY(KeySet keys, parse_jwks(of_any.jwks));
  std::vector<CredentialFacts> credentials;
  for (const std::string& token : tokens) {
    CURFEW_TRY(GateToken read, read_own_token(token, keys));
    credentials.push_back(std::get<CredentialFacts>(std::move(read.facts)));
    audience = read.claims.aud;
  }
  watch = std::make_unique<Watch>(std::move(credentials));
  CURFEW_TRY(TlsContext trust, make_client_tls_context(known.world->target().ca_file));
  swarm = std::make_unique<Swarm>(*watch, std::move(trust), std::move(keys), of_any.issuer);
  CURFEW_TRY_STATUS(swarm->connect(std::move(enrolled)));
  return swarm->check_accepted();
}

Status GateWorld::connect() {
  CURFEW_TRY_STATUS(make_swarm(identity));
  CURFEW_TRY(program, run_gate_program(options, folder));
  CURFEW_TRY(reader, GateReader::make(program->replica(), identity, tokens, audience));
  return reader->await_accepted(kAcceptMicrosMax);
}

std::unique_ptr<Script> timed_revocations(GateWorld& world, std::size_t count, Duration apart) {
  std::vector<UserId> subjects;
  for (std::size_t at = 0; at < count; ++at) subjects.push_back(world.known.users[at].id);
  return std::make_unique<TimedScript>(world.operator_token, std::move(subjects), world.timed,
                                       1e3 * static_cast<double>(apart.count()));
}

Timing after(const std::vector<double>& began, const std::vector<std::vector<double>>& at_gates,
             std::size_t warm_up) {
  std::vector<double> micros;
  for (const std::vector<double>& gate : at_gates) {
    for (std::size_t at = warm_up; at < began.size() && began[at] != 0; ++at) {
      micros.push_back(gate[at] - began[at]);
    }
  }
  return sorted(std::move(micros));
}

Timing last_after(const std::vector<double>& began,
                  const std::vector<std::vector<double>>& at_gates, std::size_t warm_up) {
  std::vector<double> micros;
  for (std::size_t at = warm_up; at < began.size() && began[at] != 0; ++at) {
    double last = 0;
    for (const std::vector<double>& gate : at_gates) last = std::max(last, gate[at]);
    micros.push_back(last - began[at]);
  }
  return sorted(std::move(micros));
}

}  // namespace curfew::bench
