#include "tests/bench/floors.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <memory>
#include <utility>

#include "crypto/password_hash.hpp"

namespace curfew::bench {

namespace {

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Fetched = std::unique_ptr<EVP_MD, Free<EVP_MD_free>>;

constexpr std::size_t kMessageBytes = 1'000;  // as long as the part of a token that is signed
constexpr std::size_t kPageBytes = 4'096;
constexpr int kPagesInFloor = 200;

// Runs `work` again and again for the time given, in CPU of this thread; microseconds of one.
template <typename Work>
double micros_of(double time, Work work) {
  work();
  const double start = own_thread_cpu_micros();
  double count = 0;
  double used = 0;
  while (used < time) {
    for (int i = 0; i < 16; ++i) work();
    count += 16;
    used = own_thread_cpu_micros() - start;
  }
  return used / count;
}

struct Signing {
  double sign = 0;
  double verify = 0;
};

Signing measure_key(EVP_PKEY* key, const EVP_MD* sha256, double time) {
  const std::string message(kMessageBytes, 'x');
  const auto* const bytes = reinterpret_cast<const unsigned char*>(message.data());
  std::array<unsigned char, 512> signature{};
  std::size_t size = 0;
  const DigestContext context{EVP_MD_CTX_new()};
  Signing signing;
  signing.sign = micros_of(time, [&] {
    size = signature.size();
    EVP_DigestSignInit(context.get(), nullptr, sha256, nullptr, key);
    EVP_DigestSign(context.get(), signature.data(), &size, bytes, message.size());
    EVP_MD_CTX_reset(context.get());
  });
  signing.verify = micros_of(time, [&] {
    EVP_DigestVerifyInit(context.get(), nullptr, sha256, nullptr, key);
    EVP_DigestVerify(context.get(), signature.data(), size, bytes, message.size());
    EVP_MD_CTX_reset(context.get());
  });
  return signing;
}

Status measure_crypto(double time, Floors& floors) {
  const Fetched sha256{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  const Key ec{EVP_EC_gen("P-256")};
  const Key rsa{EVP_RSA_gen(2048)};
  if (!sha256 || !ec || !rsa) return Error::permanent(ErrorCode::internal, "OpenSSL has no keys");
  const Signing es256 = measure_key(ec.get(), sha256.get(), time);
  const Signing rs256 = measure_key(rsa.get(), sha256.get(), time);
  floors.es256_sign = es256.sign;
  floors.es256_verify = es256.verify;
  floors.rs256_sign = rs256.sign;
  floors.rs256_verify = rs256.verify;
  const std::string message(kMessageBytes, 'x');
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  floors.sha256 = micros_of(time, [&] {
    EVP_Digest(message.data(), message.size(), digest.data(), nullptr, sha256.get(), nullptr);
  });
  CURFEW_TRY(const std::string hash, hash_password(Secret{std::string_view{"a password"}}));
  floors.argon2 = micros_of(time, [&] {
    static_cast<void>(verify_password(Secret{std::string_view{"a password"}}, hash));
  });
  return Done{};
}

class FloorScript final : public Script {
 public:
  explicit FloorScript(double pause_micros = 0) : pause_micros_(pause_micros) {}
  // A request as long as one for a token.
  std::string next() override {
    return request_text({.target = "/token", .body = std::string(250, 'x')});
  }
  Outcome take(const Answer& answer) override {
    return answer.status == 200 && answer.body.size() == 900 ? Outcome::unit_done : Outcome::wrong;
  }
  double pause() const override { return pause_micros_; }

 private:
  double pause_micros_;
};

// "plain 40001, tls 40002"
std::uint16_t tls_port_in(std::string_view line) {
  std::uint16_t port = 0;
  const std::size_t at = line.find("tls ");
  if (at == std::string_view::npos) return port;
  std::from_chars(line.data() + at + 4, line.data() + line.size(), port);
  return port;
}

Result<double> measure_https(const Options& options, const World& world) {
  CURFEW_TRY(const FloorServer server, start_floor_server(options, world));
  Load load;
  for (std::size_t i = 0; i < options.scale.connections; ++i) {
    load.scripts.push_back(std::make_unique<FloorScript>());
  }
  load.warm_up = options.scale.warm_up;
  load.count = options.scale.requests;
  load.time_max = options.scale.row_time;
  CURFEW_TRY(const LoadResult result, run_load(server.target, std::move(load)));
  return result.cpu_micros_each();
}

Result<double> measure_disk(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Error::permanent(ErrorCode::unavailable, "cannot write " + path);
  const std::string page(kPageBytes, 'x');
  const double start = monotonic_micros();
  for (int i = 0; i < kPagesInFloor; ++i) {
    const bool is_written = ::write(fd, page.data(), page.size()) > 0 && ::fdatasync(fd) == 0;
    if (!is_written) return Error::permanent(ErrorCode::unavailable, "the disk refused");
  }
  const double micros = monotonic_micros() - start;
  ::close(fd);
  return micros / kPagesInFloor;
}

}  // namespace

Result<FloorServer> start_floor_server(const Options& options, const World& world) {
  const DataFolder& folder = world.folder();
  FloorServer server;
  CURFEW_TRY(server.process, Child::start({options.bin + "/http_floor", "1", "0", "0",
                                           folder.certificate(), folder.certificate_key()},
                                          "tls ", folder.path + "/../floor.log"));
  server.target = {tls_port_in(server.process.ready_line()), server.process.pid(), folder.ca()};
  return server;
}

Result<Timing> floor_times(const FloorServer& floor, Duration pause, std::size_t count_max,
                           Duration time_max) {
  Load load;
  load.scripts.push_back(std::make_unique<FloorScript>(1e3 * static_cast<double>(pause.count())));
  load.count = count_max;
  load.time_max = time_max;
  load.waiting = Waiting::sleeps;
  CURFEW_TRY(LoadResult result, run_load(floor.target, std::move(load)));
  return std::move(result.units);
}

Result<Floors> measure_floors(const Options& options, const World& world) {
  Floors floors;
  CURFEW_TRY_STATUS(measure_crypto(options.scale.crypto_micros, floors));
  CURFEW_TRY(floors.https, measure_https(options, world));
  CURFEW_TRY(floors.disk, measure_disk(world.folder().path + "/../disk"));
  return floors;
}

Row row_of(const Floors& floors) {
  Row row{"floors", "raw OpenSSL, a bare HTTPS answer of the same server code, the disk"};
  row.add("https_us", floors.https, "us").add("es256_sign_us", floors.es256_sign, "us");
  row.add("es256_verify_us", floors.es256_verify, "us");
  row.add("rs256_sign_us", floors.rs256_sign, "us");
  row.add("rs256_verify_us", floors.rs256_verify, "us");
  row.add("sha256_us", floors.sha256, "us").add("argon2_us", floors.argon2, "us");
  row.add("fdatasync_us", floors.disk, "us");
  return row;
}

}  // namespace curfew::bench
