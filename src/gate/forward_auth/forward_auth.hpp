// gate/forward_auth/forward_auth.hpp: the answer to a proxy that asks before each request whether
// it may go on: nginx's auth_request, Traefik's forwardAuth, Caddy's forward_auth.
//
// The proxy asks "/forward-auth/NAME", where NAME says which rules count, and sends along the
// Authorization and DPoP headers of the request, and what it was about. 204: go on, with who it is
// in headers that the proxy hands to the application. Everything else: the proxy answers that,
// with the WWW-Authenticate that comes with it. No answer has a body: some proxies give up the
// connection over one.
//
// Believed is what the proxy says of the request, in the headers that this proxy sets whatever the
// client sent, and in no others: those may be the client's. So nobody but the proxy may reach this.
// A token that is bound to a TLS certificate is refused here: no header is believed about one. What
// goes on after it was asked about is not cut off; a module in the proxy can do that
// (docs/libcurfew.md).
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "gate/token/token_gate.hpp"
#include "io/http_types.hpp"

namespace curfew {

inline constexpr std::string_view kForwardAuthPath = "/forward-auth/";

// Where the proxy says which request it asks about.
enum class AskedAbout : std::uint8_t {
  original,   // X-Original-Method, X-Original-URL (the whole address): as nginx is told to
  forwarded,  // X-Forwarded-Method, -Proto, -Host, -Uri: Traefik, Caddy
};

class ForwardAuth {
 public:
  // `gate` outlives this. `rules` by name.
  ForwardAuth(TokenGate& gate, AskedAbout asked_about,
              std::map<std::string, TokenRules, std::less<>> rules)
      : gate_(gate), asked_about_(asked_about), rules_(std::move(rules)) {}

  // 404 for another path, or a name that is not known: no proxy lets a request through for that.
  [[nodiscard]] HttpResponse answer(const HttpRequest& http);

 private:
  TokenGate& gate_;
  AskedAbout asked_about_;
  std::map<std::string, TokenRules, std::less<>> rules_;
};

}  // namespace curfew
