#include "tests/bench/load.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <queue>
#include <string_view>
#include <utility>

#include "tests/bench/process.hpp"

namespace curfew::bench {

namespace {

// Longer than any pause of the server that would still be of use to know.
constexpr double kSilenceMicrosMax = 60e6;
constexpr std::size_t kShownMax = 300;

Error failed(std::string message) {
  return Error::permanent(ErrorCode::protocol, std::move(message));
}

Error wrong_answer(const Answer& answer) {
  // A refusal names no secret; what a success holds is not shown.
  const std::string shown =
      answer.status >= 400 ? ": " + std::string{answer.body.substr(0, kShownMax)} : "";
  return failed("the server answered " + std::to_string(answer.status) + shown);
}

struct Sample {
  double wall = 0;
  double server = 0;
  double hashing = 0;
  double own = 0;
  double idle = 0;
};

Sample sample_of(pid_t pid) {
  return {monotonic_micros(), cpu_micros_of(pid), cpu_micros_of_threads(pid, "passwords"),
          own_cpu_micros(), idle_seconds_of_machine()};
}

struct Lane {
  HttpsConnection connection;
  std::unique_ptr<Script> script;
  bool is_background = false;
  bool in_unit = false;
  double unit_began = 0;
};

class Epoll {
 public:
  Epoll() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {}
  ~Epoll() { ::close(fd_); }
  Epoll(const Epoll&) = delete;
  Epoll& operator=(const Epoll&) = delete;

  void add(int fd, std::size_t lane) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = lane;
    ::epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event);
  }

  template <typename Visit>
  Status wait(Waiting waiting, int millis, Visit visit) const {
    std::array<epoll_event, 128> events{};
    const double until = monotonic_micros() + 1e3 * millis;
    int count = 0;
    do {
      count =
          ::epoll_wait(fd_, events.data(), events.size(), waiting == Waiting::sleeps ? millis : 0);
    } while (count == 0 && monotonic_micros() < until);
    for (int at = 0; at < count; ++at) {
      CURFEW_TRY_STATUS(
          visit(static_cast<std::size_t>(events[static_cast<std::size_t>(at)].data.u64)));
    }
    return Done{};
  }

 private:
  int fd_;
};

class Run {
 public:
  Run(const Target& target, Load load) : target_(target), load_(std::move(load)) {}

  Result<LoadResult> run() {
    CURFEW_TRY(context_, make_tls_client(target_.ca_file));
    CURFEW_TRY_STATUS(open_all(load_.scripts, false));
    CURFEW_TRY_STATUS(open_all(load_.background, true));
    if (load_.warm_up == 0) begin_measuring();
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
      CURFEW_TRY_STATUS(send_next(lane));
    }
    heard_at_ = monotonic_micros();
    while (!is_over()) {
      CURFEW_TRY_STATUS(turn());
    }
    return finish();
  }

 private:
  Status open_all(Scripts& scripts, bool is_background) {
    for (std::unique_ptr<Script>& script : scripts) {
      CURFEW_TRY(HttpsConnection connection, HttpsConnection::open(context_.get(), target_.port));
      epoll_.add(connection.fd(), lanes_.size());
      lanes_.push_back({std::move(connection), std::move(script), is_background});
      if (!is_background) ++working_;
    }
    return Done{};
  }

  [[nodiscard]] bool is_over() const {
    if (working_ == 0) return true;
    if (!began_) return false;
    const double wall = monotonic_micros() - began_->wall;
    return result_.units.count() >= load_.count ||
           wall > static_cast<double>(load_.time_max.count()) * 1e3;
  }

  Status turn() {
    const double now = monotonic_micros();
    int millis = 100;
    if (!later_.empty()) {
      const double left = std::clamp((later_.top().first - now) / 1e3, 0.0, 100.0);
      millis = static_cast<int>(left);
    }
    CURFEW_TRY_STATUS(
        epoll_.wait(load_.waiting, millis, [this](std::size_t lane) { return hear(lane); }));
    while (!later_.empty() && later_.top().first <= monotonic_micros()) {
      const std::size_t lane = later_.top().second;
      later_.pop();
      CURFEW_TRY_STATUS(send_next(lane));
    }
    if (now - heard_at_ > kSilenceMicrosMax) return failed("the server does not answer any more");
    return Done{};
  }

  Status send_next(std::size_t at) {
    Lane& lane = lanes_[at];
    const std::string request = lane.script->next();
    if (request.empty()) {
      if (!lane.is_background) --working_;
      return Done{};
    }
    if (!std::exchange(lane.in_unit, true)) lane.unit_began = monotonic_micros();
    return lane.connection.send(request);
  }

  Status hear(std::size_t at) {
    Lane& lane = lanes_[at];
    CURFEW_TRY(const std::optional<Answer> answer, lane.connection.receive());
    if (!answer) return Done{};
    heard_at_ = monotonic_micros();
    switch (lane.script->take(*answer)) {
      case Outcome::wrong: return wrong_answer(*answer);
      case Outcome::goes_on: return send_next(at);
      case Outcome::unit_done: break;
    }
    lane.in_unit = false;
    count_unit(lane);
    if (lane.script->pause() == 0) return send_next(at);
    later_.emplace(heard_at_ + lane.script->pause(), at);
    return Done{};
  }

  void count_unit(const Lane& lane) {
    if (began_) {
      Timing& timing = lane.is_background ? result_.background : result_.units;
      // A unit that began in the warm-up belongs to nobody.
      if (lane.unit_began >= began_->wall) {
        timing.micros.push_back(heard_at_ - lane.unit_began);
      }
      if (!lane.is_background) ++ended_;
    } else if (!lane.is_background && ++warmed_up_ >= load_.warm_up) {
      begin_measuring();
    }
  }

  void begin_measuring() { began_ = sample_of(target_.pid); }

  Result<LoadResult> finish() {
    if (!began_ || result_.units.count() == 0) return failed("nothing was measured");
    const Sample end = sample_of(target_.pid);
    result_.ended = ended_;
    result_.seconds = (end.wall - began_->wall) / 1e6;
    result_.server_cpu_micros = end.server - began_->server;
    result_.hashing_cpu_micros = end.hashing - began_->hashing;
    result_.own_cpu_micros = end.own - began_->own;
    result_.idle_seconds = end.idle - began_->idle;
    std::sort(result_.units.micros.begin(), result_.units.micros.end());
    std::sort(result_.background.micros.begin(), result_.background.micros.end());
    return std::move(result_);
  }

  const Target& target_;
  Load load_;
  TlsClient context_;
  Epoll epoll_;
  std::vector<Lane> lanes_;
  std::size_t working_ = 0;
  std::size_t warmed_up_ = 0;
  std::size_t ended_ = 0;
  double heard_at_ = 0;
  std::optional<Sample> began_;
  using Due = std::pair<double, std::size_t>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> later_;
  LoadResult result_;
};

}  // namespace

double Timing::percentile(double part) const {
  if (micros.empty()) return 0;
  const auto at = static_cast<std::size_t>(part * static_cast<double>(micros.size()));
  return micros[std::min(at, micros.size() - 1)];
}

double LoadResult::cpu_micros_each() const {
  return (server_cpu_micros - hashing_cpu_micros) / static_cast<double>(ended);
}

double LoadResult::per_second() const { return static_cast<double>(ended) / seconds; }

Result<LoadResult> run_load(const Target& target, Load load) {
  return Run{target, std::move(load)}.run();
}

}  // namespace curfew::bench
