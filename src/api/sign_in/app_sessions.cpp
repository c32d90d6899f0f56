#include "api/sign_in/app_sessions.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/limits.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/oauth/logout_uri.hpp"
#include "revocation/logout_notices.hpp"
#include "revocation/own_session.hpp"
#include "store/schema.hpp"
#include "store/schema_logout.hpp"

namespace curfew {

namespace {

constexpr std::size_t kGrantsSearchedMax = 1000;
constexpr std::size_t kSessionsNamedMax = 20;  // of one browser, one after the other

std::string frame_of(const ServerContext& context, const App& app, const Session& session) {
  const std::string& uri = *app.frontchannel_logout_uri;
  if (!app.frontchannel_logout_session_required) return uri;
  return frontchannel_logout_location(uri, context.issuer(), session.id.str());
}

bool can_be_opened(const App& app) {
  return app.account_enabled && app.frontchannel_logout_uri &&
         check_frontchannel_logout_uri(*app.frontchannel_logout_uri, app.redirect_uris).ok();
}

// It got an ID token of one of the sessions, and has an address of its own to be told at.
Result<bool> is_told(ReadTx& tx, const App& app, const std::vector<Session>& sessions) {
  if (!app.backchannel_logout_uri) return false;
  for (const Session& session : sessions) {
    CURFEW_TRY(const auto client, load<SessionClient>(tx, app.tenant_id, session.id, app.id));
    if (client) return true;
  }
  return false;
}

struct Opened {
  App app;
  Session session;  // the newest in which it was
};

Result<std::vector<Opened>> opened_in(ReadTx& tx, const ServerContext& context,
                                      const std::vector<Session>& sessions) {
  std::vector<Opened> all;
  for (const Session& session : sessions) {
    CURFEW_TRY(std::vector<App> clients, clients_of_session(tx, context, session));
    for (App& app : clients) {
      const auto is_it = [&](const Opened& known) { return known.app.id == app.id; };
      if (std::ranges::none_of(all, is_it)) all.push_back({std::move(app), session});
    }
  }
  return all;
}

}  // namespace

Result<std::vector<App>> clients_of_session(ReadTx& tx, const ServerContext& context,
                                            const Session& session) {
  Query query;
  query.index = "grants_by_session";
  query.prefix = keys_of(context.tenant_id, session.id);
  query.limit = kGrantsSearchedMax;
  CURFEW_TRY(const std::vector<Grant> grants, scan_as<Grant>(tx, query));
  std::set<std::string> seen;
  std::vector<App> clients;
  for (const Grant& grant : grants) {
    if (!seen.insert(grant.app_id.str()).second) continue;
    CURFEW_TRY(std::optional<App> client, load<App>(tx, context.tenant_id, grant.app_id));
    if (client) clients.push_back(std::move(*client));
  }
  return clients;
}

Result<std::vector<AppSession>> app_sessions_of(ReadTx& tx, const ServerContext& context,
                                                const Session& session) {
  CURFEW_TRY(std::vector<Session> of_browser, sessions_before(tx, session));
  if (of_browser.size() >= kSessionsNamedMax) of_browser.resize(kSessionsNamedMax - 1);
  of_browser.insert(of_browser.begin(), session);
  CURFEW_TRY(const std::vector<Opened> opened, opened_in(tx, context, of_browser));
  std::vector<AppSession> sessions;
  std::size_t frames = 0;
  for (const auto& [app, own] : opened) {
    const bool has_address = app.frontchannel_logout_uri || app.backchannel_logout_uri;
    if (!has_address && !may_keep_own_session(app)) continue;
    AppSession one{app.display_name, {}, {}, false};
    CURFEW_TRY(one.is_told, is_told(tx, app, of_browser));
    if (!one.is_told && can_be_opened(app) && frames < limits::kLogoutFramesMax) {
      ++frames;
      one.frame = frame_of(context, app, own);
      CURFEW_TRY(const Uri uri, parse_uri(one.frame));
      one.origin = uri.origin();
    }
    sessions.push_back(std::move(one));
  }
  return sessions;
}

}  // namespace curfew
