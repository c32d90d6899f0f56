#include "io/websocket/websocket_server.hpp"

#include <utility>

#include "base/check.hpp"
#include "io/http_upgrade.hpp"
#include "io/websocket/handshake.hpp"

namespace curfew {

namespace {

constexpr std::string_view kStopReason = "the server stops";

class WebsocketUpgrade final : public HttpUpgrade {
 public:
  WebsocketUpgrade(std::string subprotocol, const WebsocketLimits& limits, WebsocketHandler handler)
      : subprotocol_(std::move(subprotocol)), limits_(limits), handler_(std::move(handler)) {}

  Task<Done> run(UpgradedConnection connection) override {
    session_ = WebsocketSession::open({.runtime = connection.runtime,
                                       .executor = connection.executor,
                                       .socket = &connection.socket,
                                       .role = WebsocketRole::server,
                                       .limits = limits_,
                                       .received = std::move(connection.received),
                                       .subprotocol = std::move(subprotocol_)});
    if (is_draining_) session_->close(kCloseGoingAway, kStopReason);
    co_await handler_(session_);
    // A handler that comes back on another thread would make a race of everything below.
    CURFEW_CHECK(&current_executor() == &connection.executor);
    session_->close(kCloseNormal, {});
    for (bool open = true; open;) {
      const std::optional<WebsocketMessage> late = co_await session_->receive();
      open = late.has_value();
    }
    session_ = nullptr;
    co_return Done{};
  }

  void drain() override {
    is_draining_ = true;
    if (session_) session_->close(kCloseGoingAway, kStopReason);
  }

 private:
  std::string subprotocol_;
  const WebsocketLimits limits_;
  const WebsocketHandler handler_;
  std::shared_ptr<WebsocketSession> session_;
  bool is_draining_ = false;
};

}  // namespace

HttpResponse accept_websocket(const HttpRequest& request, WebsocketAcceptance acceptance,
                              WebsocketHandler handler) {
  HttpResponse response = answer_handshake(request, acceptance.subprotocols);
  if (response.status != 101) return response;
  const Result<std::optional<std::string_view>> chosen =
      response.headers.single("Sec-WebSocket-Protocol");
  CURFEW_CHECK(chosen.ok() && chosen.value());
  response.upgrade = std::make_shared<WebsocketUpgrade>(std::string{*chosen.value()},
                                                        acceptance.limits, std::move(handler));
  return response;
}

}  // namespace curfew
