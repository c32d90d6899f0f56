// gate/session/site_handler.hpp: everything below /.curfew/ at every site of a gate
// (docs/gate-sessions.md).
//
// The web server in front is believed by its connection (gate/session/forwarded_request.hpp);
// whoever comes another way gets 403. Nothing is kept between requests but what LogoutWatch needs.
//
// Thread: one I/O thread. Lifetime: outlives the server that calls it, as do the gate and the
// runtime.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "gate/replica/reader.hpp"
#include "gate/session/code_flow.hpp"
#include "gate/session/forwarded_request.hpp"
#include "gate/session/logout_watch.hpp"
#include "gate/session/site.hpp"
#include "gate/token/token_gate.hpp"
#include "io/http_client.hpp"
#include "io/http_types.hpp"
#include "io/runtime.hpp"

namespace curfew {

// Posts a form to the gate's own server, over TLS, within kTokenCallTimeMax; resumes on the thread
// that asked.
using PostForm = std::function<Task<Result<HttpAnswer>>(std::string url, std::string form)>;

struct SiteParts {
  std::vector<Site> sites;
  Provider provider;
  TokenGate& gate;
  Runtime& runtime;
  PostForm post;
  // Whether web servers may ask about requests. They ask before the body has come, and see to
  // nothing afterwards: the gate's process is told so beside the replica, before the first question
  // is judged, and no acknowledgement of it counts as the end of what was let in.
  bool answers_web_servers = true;
};

class SiteHandler {
 public:
  explicit SiteHandler(SiteParts parts)
      : parts_(std::move(parts)), follower_(parts_.gate.follower()) {}

  [[nodiscard]] Task<HttpResponse> handle(HttpRequest request);

  // That requests are let in whose end nobody here sees; said by itself where it is not yet.
  // Errors: of the replica, which is not there, or of the table of readers.
  [[nodiscard]] Status say_that_requests_go_on();

 private:
  [[nodiscard]] const Site* site_of(std::string_view host) const;
  [[nodiscard]] HttpResponse auth(const HttpRequest& request);
  [[nodiscard]] HttpResponse sign_in(const Site& site, const HttpRequest& request,
                                     const ForwardedRequest& own);
  [[nodiscard]] Task<HttpResponse> callback(const Site& site, HttpRequest request);
  [[nodiscard]] Task<HttpResponse> redeem(const Site& site, AuthorizationAnswer answer);
  [[nodiscard]] Result<std::string> accept(const Site& site, const SiteSignIn& sign_in,
                                           const HttpAnswer& answer);
  [[nodiscard]] HttpResponse sign_out(const Site& site, const HttpRequest& request);
  [[nodiscard]] Task<HttpResponse> backchannel_logout(const Site& site, HttpRequest request);
  [[nodiscard]] Result<KeySet> issuer_keys();

  SiteParts parts_;
  ReplicaFollower follower_;
  LogoutWatch logouts_;
  std::optional<std::array<std::uint64_t, 2>> said_in_;  // the replica's file_id
};

}  // namespace curfew
