// gate/session/site_handler.hpp: everything below /.curfew/ at every site of a gate
// (docs/gate-sessions.md).
//
// The web server in front is believed by its connection (gate/session/forwarded_request.hpp);
// whoever comes another way gets 403. Nothing is kept between requests but what LogoutWatch needs.
//
// Thread: one I/O thread. Lifetime: outlives the server that calls it, as do the gate and the
// runtime.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "gate/replica/reader.hpp"
#include "gate/replica/reader_table.hpp"
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
  // nothing afterwards: the gate's process is told so beside the replica, and nobody is let in
  // before its server knows, which then takes no acknowledgement as the end of what was let in.
  bool answers_web_servers = true;
};

class SiteHandler {
 public:
  explicit SiteHandler(SiteParts parts)
      : parts_(std::move(parts)),
        follower_(parts_.gate.follower()),
        uncut_notice_(reader_table_path(parts_.gate.config().replica_path)) {}

  [[nodiscard]] Task<HttpResponse> handle(HttpRequest request);

  // That requests are let in whose end nobody here sees: said with each question; call it before
  // the first, so that none has to wait. Errors as UncutNotice::give().
  [[nodiscard]] Status say_that_requests_go_on();

 private:
  [[nodiscard]] const Site* site_of(std::string_view host) const;
  [[nodiscard]] Task<HttpResponse> auth(HttpRequest request);
  // As say_that_requests_go_on(), after a while of waiting; at once, and whoever knows, for a
  // request that nothing can be let in by.
  [[nodiscard]] Task<Status> server_knows(const Site& site, const ForwardedRequest& asked);
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
  UncutNotice uncut_notice_;
};

}  // namespace curfew
