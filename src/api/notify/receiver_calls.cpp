#include "api/notify/receiver_calls.hpp"

#include <atomic>
#include <memory>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "io/http_client.hpp"
#include "io/offload_pool.hpp"

namespace curfew {

namespace {

constexpr std::size_t kHandshakeThreads = 2;
constexpr std::size_t kPromptThreads = 8;
constexpr std::size_t kTroubledThreads = 4;
constexpr std::size_t kWaitingForOneThread = 8;
constexpr std::size_t kEndingThreads = 8;
// Many people revoked at once: their calls wait here rather than be refused, a few KiB each.
constexpr std::size_t kEndingsWaiting = 4'096;
constexpr std::size_t kSourceThreads = 4;
constexpr std::size_t kTroubledSourceThreads = 2;

OffloadOptions lane_of(const char* name, std::size_t threads) {
  return {name, threads, threads * kWaitingForOneThread};
}

class HttpReceiverCalls final : public ReceiverCalls {
 public:
  explicit HttpReceiverCalls(ReceiverOptions options) : options_(std::move(options)) {}
  ~HttpReceiverCalls() override { is_stopping_ = true; }

  void post(ReceiverCall call, Done done) override {
    OffloadPool& pool = pool_of(call.lane);
    const Status reserved = pool.reserve();
    if (!reserved.ok()) return done(reserved.error());
    auto kept = std::make_shared<ReceiverCall>(std::move(call));
    pool.submit_reserved([this, kept, done = std::move(done)] { done(send(*kept)); });
  }

 private:
  OffloadPool& pool_of(CallLane lane) {
    switch (lane) {
      case CallLane::handshake: return handshakes_;
      case CallLane::prompt: return prompt_;
      case CallLane::troubled: return troubled_;
      case CallLane::ending: return endings_;
      case CallLane::ending_troubled: return slow_endings_;
      case CallLane::source: return sources_;
      case CallLane::source_troubled: return slow_sources_;
    }
    return troubled_;
  }

  Result<ReceiverAnswer> send(const ReceiverCall& call) const {
    if (is_stopping_) return Error::transient(ErrorCode::unavailable, "the server is stopping");
    if (call.still_allowed) {
      CURFEW_TRY_STATUS(call.still_allowed());
    }
    HttpCall http;
    http.method = call.method;
    http.url = call.url;
    http.headers = {{"User-Agent", "curfew"}};
    if (!call.content_type.empty()) http.headers.emplace_back("Content-Type", call.content_type);
    http.headers.insert(http.headers.end(), call.headers.begin(), call.headers.end());
    http.body = call.body;
    http.ca_file = options_.ca_file;
    http.answer_bytes_max = call.answer_bytes_max;
    http.public_addresses_only = !options_.private_addresses;
    http.networks = options_.private_networks;
    HttpClient client;
    CURFEW_TRY(HttpAnswer answer, client.send(http, call.deadline));
    const auto types = answer.headers.all("Content-Type");
    return ReceiverAnswer{answer.status, types.empty() ? "" : std::string{types.front()},
                          std::move(answer.body)};
  }

  ReceiverOptions options_;
  std::atomic<bool> is_stopping_ = false;
  // The last members: they end first, and use the others until then.
  OffloadPool handshakes_{lane_of("handshakes", kHandshakeThreads)};
  OffloadPool prompt_{lane_of("notify", kPromptThreads)};
  OffloadPool troubled_{lane_of("notify-slow", kTroubledThreads)};
  OffloadPool endings_{{"logout", kEndingThreads, kEndingsWaiting}};
  OffloadPool slow_endings_{{"logout-slow", kEndingThreads, kEndingsWaiting}};
  OffloadPool sources_{lane_of("sources", kSourceThreads)};
  OffloadPool slow_sources_{lane_of("sources-slow", kTroubledSourceThreads)};
};

}  // namespace

std::unique_ptr<ReceiverCalls> make_receiver_calls(ReceiverOptions options) {
  return std::make_unique<HttpReceiverCalls>(std::move(options));
}

bool was_not_sent(const Result<ReceiverAnswer>& answer) {
  if (answer.ok()) return false;
  const bool is_final = answer.error().retry() == Retry::never;
  const ErrorCode code = answer.error().code();
  return code == ErrorCode::exhausted ? !is_final : code == ErrorCode::denied && is_final;
}

Task<Result<ReceiverAnswer>> call_receiver(ReceiverCalls& receivers, Executor& executor,
                                           ReceiverCall call) {
  auto held = std::make_shared<ReceiverCall>(std::move(call));
  std::function<void(std::function<void(Result<ReceiverAnswer>)>)> begin =
      [&receivers, held](std::function<void(Result<ReceiverAnswer>)> deliver) {
        receivers.post(std::move(*held), std::move(deliver));
      };
  co_return co_await await_callback<Result<ReceiverAnswer>>(executor, std::move(begin));
}

Status check_receiver_url(const std::string& url) {
  const auto refused = [](const std::string& why) {
    return Error::permanent(ErrorCode::invalid_argument, why);
  };
  constexpr std::string_view kScheme = "https://";
  if (url.size() > limits::kReceiverUrlBytesMax) {
    return refused("it is longer than " + std::to_string(limits::kReceiverUrlBytesMax) + " bytes");
  }
  if (!ascii_lower(url.substr(0, kScheme.size())).starts_with(kScheme)) {
    return refused("it must begin with https://");
  }
  for (const char c : url) {
    const bool is_plain = c > 0x20 && c < 0x7F && c != '"' && c != '<' && c != '>' && c != '\\';
    if (!is_plain) return refused("it holds a character that no URL has");
  }
  const std::string rest = url.substr(kScheme.size());
  const std::string host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.empty() || host.front() == ':') return refused("it names no host");
  if (host.find('@') != std::string::npos) return refused("it holds a user name or password");
  if (rest.find('#') != std::string::npos) return refused("it holds a fragment");
  return Done{};
}

}  // namespace curfew
