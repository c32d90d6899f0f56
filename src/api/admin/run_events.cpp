#include <boost/json.hpp>
#include <memory>
#include <mutex>

#include "api/admin/revocations.hpp"
#include "io/runtime.hpp"
#include "revocation/service.hpp"

// Progress of a run as Server-Sent Events: each event is the whole run as it stands; the stream
// ends once the run is at rest. A comment every fifteen seconds keeps proxies from cutting it.

namespace curfew {

namespace {

constexpr Duration kSilenceMax = std::chrono::seconds{15};

// Wakes one waiting task, from the engine's thread or a timer. A wake that nobody waits for is
// kept.
class Bell {
 public:
  void ring() {
    std::function<void(Done)> waiting;
    {
      const std::lock_guard lock{mutex_};
      if (!waiting_) {
        rung_ = true;
        return;
      }
      waiting = std::move(waiting_);
      waiting_ = nullptr;
    }
    waiting(Done{});
  }
  void wait(std::function<void(Done)> deliver) {
    {
      const std::lock_guard lock{mutex_};
      if (!rung_) {
        waiting_ = std::move(deliver);
        return;
      }
      rung_ = false;
    }
    deliver(Done{});
  }

 private:
  std::mutex mutex_;
  bool rung_ = false;
  std::function<void(Done)> waiting_;
};

struct Follower {
  const ServerContext* context = nullptr;
  RunId run_id;
  RoutedRequest request;
  std::shared_ptr<Bell> bell = std::make_shared<Bell>();
  std::unique_ptr<RunWatch::Subscription> subscription;
  std::uint64_t sent_change = 0;
  bool ended = false;
};

std::string event_of(const RunData& data) { return "event: run\ndata: " + to_json(data) + "\n\n"; }

Task<std::optional<std::string>> next_event(std::shared_ptr<Follower> follower) {
  if (follower->ended) co_return std::optional<std::string>{};
  Executor& executor = current_executor();
  if (follower->sent_change != 0) {
    Timer alarm = call_after(follower->context->runtime, executor, kSilenceMax,
                             [bell = follower->bell] { bell->ring(); });
    std::function<void(std::function<void(Done)>)> begin =
        [bell = follower->bell](std::function<void(Done)> deliver) {
          bell->wait(std::move(deliver));
        };
    co_await await_callback<Done>(executor, std::move(begin));
  }
  // The stream outlives its first answer: the credential and the right are asked for anew.
  const auto begun =
      begin_admin_call(*follower->context, follower->request, AdminRight::read_revocations);
  const auto* const call = std::get_if<AdminCall>(&begun);
  if (call == nullptr) {
    follower->ended = true;
    co_return std::optional<std::string>{"event: error\ndata: {}\n\n"};
  }
  const auto data = follower->context->revocation.run(follower->run_id, call->actor());
  if (!data.ok()) {
    follower->ended = true;
    co_return std::optional<std::string>{"event: error\ndata: {}\n\n"};
  }
  if (data->run.change == follower->sent_change) {
    co_return std::optional<std::string>{": still here\n\n"};
  }
  follower->sent_change = data->run.change;
  follower->ended = data->run.state == RunState::at_rest || data->run.state == RunState::restored;
  co_return std::optional<std::string>{event_of(*data)};
}

}  // namespace

Task<HttpResponse> events_endpoint(const ServerContext& context, RoutedRequest request) {
  auto begun = co_await admit_admin_call(context, std::move(request), AdminRight::read_revocations);
  if (auto* refusal = std::get_if<HttpResponse>(&begun)) co_return std::move(*refusal);
  const AdminCall& call = std::get<AdminCall>(begun);
  auto follower = std::make_shared<Follower>();
  follower->context = &context;
  follower->run_id = RunId{call.value("id")};
  follower->request = call.request;
  // Subscribed before the first read, so that no change falls between the two.
  follower->subscription = context.revocation.watch().subscribe(
      follower->run_id, [bell = follower->bell] { bell->ring(); });
  const auto first = context.revocation.run(follower->run_id, call.actor());
  if (!first.ok()) co_return admin_error(first.error(), call.request.request_id);
  co_return HttpResponse::event_stream([follower] { return next_event(follower); });
}

}  // namespace curfew
