// tests/support/test_receivers.hpp: receivers of change notifications that keep what they are sent,
// and a notifier whose rounds are run when told.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/notify/notifier.hpp"
#include "base/text.hpp"
#include "protocol/http/percent.hpp"
#include "protocol/json/json.hpp"
#include "tests/support/server_fixture.hpp"

namespace curfew::test {

// Says that it is there to whoever asks, and takes everything; `answer` says otherwise.
class TestReceivers final : public ReceiverCalls {
 public:
  using Answer = std::function<Result<ReceiverAnswer>(const ReceiverCall&)>;

  void post(ReceiverCall call, Done done) override {
    if (call.still_allowed) {
      const Status allowed = call.still_allowed();
      if (!allowed.ok()) return done(allowed.error());
    }
    Answer chosen;
    {
      const std::lock_guard lock{mutex_};
      calls_.push_back(call);
      chosen = answer_;
    }
    done(chosen ? chosen(call) : usual(call));
  }

  void answer_with(Answer answer) {
    const std::lock_guard lock{mutex_};
    answer_ = std::move(answer);
  }
  std::vector<ReceiverCall> take() {
    const std::lock_guard lock{mutex_};
    return std::exchange(calls_, {});
  }
  // What came for receivers since the last time, one by one.
  std::vector<boost::json::object> told() {
    std::vector<boost::json::object> all;
    for (const ReceiverCall& call : take()) {
      if (call.content_type.starts_with("text/plain")) continue;
      const auto body = parse_json_object(call.body).value();
      for (const auto& one : body.at("value").as_array()) all.push_back(one.as_object());
    }
    return all;
  }

  static std::string token_in(const ReceiverCall& call) {
    constexpr std::string_view kName = "validationToken=";
    const std::size_t at = call.url.find(kName);
    return at == std::string::npos
               ? ""
               : percent_decode(call.url.substr(at + kName.size())).value_or("");
  }
  static Result<ReceiverAnswer> usual(const ReceiverCall& call) {
    if (call.url.find("validationToken=") == std::string::npos) return ReceiverAnswer{202, "", ""};
    return ReceiverAnswer{200, "text/plain; charset=utf-8", token_in(call)};
  }
  static Result<ReceiverAnswer> status(int code) { return ReceiverAnswer{code, "", ""}; }

 private:
  std::mutex mutex_;
  std::vector<ReceiverCall> calls_;
  Answer answer_;
};

// One round of whoever goes round (io/rounds.hpp), on its executor; what it began is settled then.
template <typename Sender>
void run_round(Executor& executor, Sender& sender) {
  std::promise<void> ended;
  executor.post([&] { start<Done>(sender.round(), [&ended](Done) { ended.set_value(); }); });
  ended.get_future().get();
  const auto under_way = [&] {
    std::promise<std::size_t> count;
    executor.post([&] { count.set_value(sender.under_way()); });
    return count.get_future().get();
  };
  while (under_way() != 0) {
  }
}

// A server whose subscribers are told of changes when round() is called.
class NotifyRig {
 public:
  explicit NotifyRig(ServerFixture& server) : server_(server) {
    server.context->receivers = &receivers;
    restart();
  }

  TestReceivers receivers;

  // As after a restart: nothing is left in memory.
  void restart() {
    notifier_ = std::make_shared<Notifier>(*server_.context, server_.runtime->executor(0));
  }
  // One round, and what it began is settled.
  void round() { run_round(server_.runtime->executor(0), *notifier_); }

 private:
  ServerFixture& server_;
  std::shared_ptr<Notifier> notifier_;
};

}  // namespace curfew::test
