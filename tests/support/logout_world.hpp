// tests/support/logout_world.hpp: a person who is signed in to an application in some sessions, and
// the application, which keeps sessions of its own until a logout token comes.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "connectors/backchannel_logout/logout_teller.hpp"
#include "protocol/http/form.hpp"
#include "protocol/json/json.hpp"
#include "revocation/sim_loop.hpp"
#include "store/schema_logout.hpp"
#include "tests/support/outside_world.hpp"
#include "tests/support/revocation_world.hpp"

namespace curfew {

// What came: the token's claims, and how it was called.
struct LogoutCall {
  std::string url;
  boost::json::object header;
  boost::json::object claims;
  bool is_slow = false;
  [[nodiscard]] std::string sid() const { return std::string{claims.at("sid").as_string()}; }
};

struct LogoutWorld : RevocationWorld {
  LogoutWorld() {
    pass_positions(3);
    add_user("u");
    App app = add_app("app");
    app.backchannel_logout_uri = kUri;
    put(app);
  }

  // A session of ours in which the application got an ID token, and its own session.
  void sign_in(const std::string& session, const std::string& app = "app") {
    add_session(session, "u");
    add_grant("grant of " + session + app, "u", app);
    put(SessionClient{tenant, SessionId{session}, AppId{app}, UserId{"u"}, head(), clock.now()});
    alive.insert(session);
  }

  OutsideParts parts() {
    return outside_parts(*this, loop,
                         [this](OutsideCall call, std::function<void(Result<OutsideAnswer>)> done) {
                           receive(std::move(call), std::move(done));
                         });
  }

  // Status to answer with; the application ends its session where it says 200 or 204. 0: nothing is
  // answered before the deadline.
  int status = 200;
  std::vector<LogoutCall> calls;
  std::set<std::string> alive;  // the application's own sessions, by `sid`
  std::size_t waiting = 0;      // calls that are not answered yet
  std::size_t most_waiting = 0;
  SimLoop loop{clock};

  static constexpr const char* kUri = "https://app.contoso.test/backchannel?x=1";

 private:
  void receive(OutsideCall call, std::function<void(Result<OutsideAnswer>)> done) {
    const Form form = parse_form(call.body).value();
    CHECK(call.content_type == "application/x-www-form-urlencoded");
    REQUIRE(form.fields().size() == 1);
    const auto pieces = split(form.single("logout_token").value_or(""), '.');
    REQUIRE(pieces.size() == 3);
    calls.push_back({call.url, parse_json_object(base64url_decode(pieces[0]).value()).value(),
                     parse_json_object(base64url_decode(pieces[1]).value()).value(), call.is_slow});
    most_waiting = std::max(most_waiting, ++waiting);
    const int answer = status;
    const Duration takes = answer == 0 ? call.deadline : Duration{10};
    loop.call_at(clock.now() + takes,
                 [this, answer, sid = calls.back().sid(), done = std::move(done)] {
                   --waiting;
                   if (answer == 0)
                     return done(Error::transient(ErrorCode::timeout, "no answer in time"));
                   if (answer == 200 || answer == 204) alive.erase(sid);
                   done(OutsideAnswer{answer});
                 });
  }
};

}  // namespace curfew
