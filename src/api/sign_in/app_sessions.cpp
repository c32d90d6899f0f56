#include "api/sign_in/app_sessions.hpp"

#include <set>
#include <utility>

#include "base/limits.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/oauth/logout_uri.hpp"
#include "revocation/own_session.hpp"
#include "store/schema.hpp"
#include "store/schema_logout.hpp"

namespace curfew {

namespace {

constexpr std::size_t kGrantsSearchedMax = 1000;

std::string frame_of(const ServerContext& context, const App& app, const Session& session) {
  const std::string& uri = *app.frontchannel_logout_uri;
  if (!app.frontchannel_logout_session_required) return uri;
  return frontchannel_logout_location(uri, context.issuer(), session.id.str());
}

bool can_be_opened(const App& app) {
  return app.account_enabled && app.frontchannel_logout_uri &&
         check_frontchannel_logout_uri(*app.frontchannel_logout_uri, app.redirect_uris).ok();
}

// It got an ID token of the session, and has an address of its own to be told at.
Result<bool> is_told(ReadTx& tx, const App& app, const Session& session) {
  if (!app.backchannel_logout_uri) return false;
  CURFEW_TRY(const auto client, load<SessionClient>(tx, app.tenant_id, session.id, app.id));
  return client.has_value();
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
  CURFEW_TRY(const std::vector<App> clients, clients_of_session(tx, context, session));
  std::vector<AppSession> sessions;
  std::size_t frames = 0;
  for (const App& app : clients) {
    const bool has_address = app.frontchannel_logout_uri || app.backchannel_logout_uri;
    if (!has_address && !may_keep_own_session(app)) continue;
    AppSession one{app.display_name, {}, {}, false};
    CURFEW_TRY(one.is_told, is_told(tx, app, session));
    if (!one.is_told && can_be_opened(app) && frames < limits::kLogoutFramesMax) {
      ++frames;
      one.frame = frame_of(context, app, session);
      CURFEW_TRY(const Uri uri, parse_uri(one.frame));
      one.origin = uri.origin();
    }
    sessions.push_back(std::move(one));
  }
  return sessions;
}

}  // namespace curfew
