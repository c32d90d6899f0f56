#include "api/gate_feed/gate_feed_endpoint.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "access/granted_scopes.hpp"
#include "api/authn.hpp"
#include "api/gate_feed/gate_hub.hpp"
#include "gate/feed/gate_limits.hpp"
#include "io/websocket/websocket_server.hpp"
#include "model/built_in_app_ids.hpp"
#include "store/schema.hpp"
#include "store/schema_gates.hpp"

namespace curfew {

namespace {

Denial no_gate() {
  return {403, "insufficient_scope", "The feed is for gates that are enrolled and enabled.", ""};
}

// The permission comes with the enrolment alone, and goes with it: so both are asked for.
bool is_of_a_gate(const Caller& caller) {
  if (!caller.token || !caller.token->app_only || !caller.facts) return false;
  const std::string_view permission = kGateFeedPermission.substr(kGateFeedResource.size() + 1);
  return std::ranges::find(caller.scopes, permission) != caller.scopes.end();
}

Result<bool> is_enrolled(const ServerContext& context, const AppId& id) {
  return read_value<bool>(context.store, [&](ReadTx& tx) -> Result<bool> {
    CURFEW_TRY(const auto gate, load<Gate>(tx, context.tenant_id, id));
    CURFEW_TRY(const auto app, load<App>(tx, context.tenant_id, id));
    return gate && gate->enrolled_at && app && app->account_enabled && is_gate(*app);
  });
}

WebsocketLimits feed_limits() {
  WebsocketLimits limits;
  limits.message_bytes_max = gate_limits::kFromGateBytesMax;
  return limits;
}

}  // namespace

Task<HttpResponse> gate_feed_endpoint(const ServerContext& context, RoutedRequest request) {
  auto found = authenticate(context, request, kGateFeedResource);
  if (auto* refusal = std::get_if<HttpResponse>(&found)) co_return std::move(*refusal);
  const Caller& caller = std::get<Caller>(found);
  if (!is_of_a_gate(caller)) co_return denial_answer(context, request, no_gate());
  const AppId gate = caller.token->client_id;
  const auto enrolled = is_enrolled(context, gate);
  if (!enrolled.ok() || context.gate_hub == nullptr) {
    co_return denial_answer(context, request,
                            {503, "", "The server serves no feed at present.", ""});
  }
  if (!*enrolled) co_return denial_answer(context, request, no_gate());
  WebsocketAcceptance acceptance;
  acceptance.subprotocols = {std::string{kGateProtocol}};
  acceptance.limits = feed_limits();
  FeedPeer peer{gate, *caller.facts, request.http.peer.address};
  co_return accept_websocket(request.http, std::move(acceptance),
                             [hub = context.gate_hub->shared_from_this(),
                              peer = std::move(peer)](std::shared_ptr<WebsocketSession> socket) {
                               return hub->serve(std::move(socket), peer);
                             });
}

}  // namespace curfew
