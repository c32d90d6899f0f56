#include "api/sign_in/app_sessions.hpp"

#include <set>
#include <utility>

#include "base/limits.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/oauth/logout_uri.hpp"
#include "revocation/own_session.hpp"
#include "store/schema.hpp"

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
    if (!app.frontchannel_logout_uri && !may_keep_own_session(app)) continue;
    AppSession one{app.display_name, {}, {}};
    if (can_be_opened(app) && frames < limits::kLogoutFramesMax) {
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
