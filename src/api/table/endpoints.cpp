// The table of every endpoint: what the server serves, and which credentials each path accepts.
#include <utility>
#include <vector>

#include "api/admin/admin_endpoints.hpp"
#include "api/gate_feed/gate_feed_endpoint.hpp"
#include "api/gates/gate_endpoints.hpp"
#include "api/global_revocation/global_revocation_endpoint.hpp"
#include "api/graph/graph_endpoint.hpp"
#include "api/op/token_endpoints.hpp"
#include "api/ops/ops_endpoints.hpp"
#include "api/password_reset/reset_endpoints.hpp"
#include "api/registration/registration_endpoints.hpp"
#include "api/router.hpp"
#include "api/sign_in/browser_endpoints.hpp"
#include "api/signal_sources/source_endpoint.hpp"
#include "api/ssf/ssf_endpoints.hpp"
#include "api/token_status/status_list_endpoint.hpp"

namespace curfew {

namespace {

using K = CredentialKind;
using M = HttpMethod;
using W = WhenRolledBack;

// What anybody may read: OAuth 2, OpenID Connect.
std::vector<EndpointSpec> protocol_endpoints() {
  return {
      {"discovery",
       {M::get, M::options},
       "/{tenant}/v2.0/.well-known/openid-configuration",
       discovery_endpoint,
       {},
       ErrorStyle::oauth,
       W::serves},
      {"discovery_v1",
       {M::get, M::options},
       "/{tenant}/.well-known/openid-configuration",
       discovery_endpoint,
       {},
       ErrorStyle::oauth,
       W::serves},
      {"discovery_oauth",
       {M::get, M::options},
       "/.well-known/oauth-authorization-server/{tenant}/v2.0",
       discovery_endpoint,
       {},
       ErrorStyle::oauth,
       W::serves},
      {"jwks",
       {M::get, M::options},
       "/{tenant}/discovery/v2.0/keys",
       jwks_endpoint,
       {},
       ErrorStyle::oauth,
       W::serves},
      {"status_list",
       {M::get, M::options},
       "/{tenant}/status-lists/{resource}/{list}",
       status_list_endpoint,
       {},
       ErrorStyle::oauth,
       W::serves},
  };
}

// What applications prove themselves at, to get tokens and to ask about them.
std::vector<EndpointSpec> client_endpoints() {
  return {
      {"token",
       {M::post, M::options},
       "/{tenant}/oauth2/v2.0/token",
       token_endpoint,
       {K::authorization_code, K::device_code, K::refresh_token, K::derived_refresh_token,
        K::access_token, K::client_secret, K::client_assertion, K::client_certificate},
       ErrorStyle::oauth},
      {"par",
       {M::post, M::options},
       "/{tenant}/oauth2/v2.0/par",
       par_endpoint,
       {K::client_secret, K::client_assertion, K::client_certificate},
       ErrorStyle::oauth},
      {"devicecode",
       {M::post},
       "/{tenant}/oauth2/v2.0/devicecode",
       device_authorization_endpoint,
       {K::client_secret, K::client_assertion, K::client_certificate},
       ErrorStyle::oauth},
      {"introspect",
       {M::post},
       "/{tenant}/oauth2/v2.0/introspect",
       introspect_endpoint,
       {K::access_token, K::derived_access_token, K::app_access_token, K::refresh_token,
        K::derived_refresh_token, K::api_key, K::client_secret, K::client_assertion,
        K::client_certificate},
       ErrorStyle::oauth,
       W::serves},
      {"revoke",
       {M::post, M::options},
       "/{tenant}/oauth2/v2.0/revoke",
       revoke_endpoint,
       {K::client_secret, K::client_assertion, K::client_certificate},
       ErrorStyle::oauth,
       W::serves},
      {"global_token_revocation",
       {M::post},
       "/{tenant}/oauth2/v2.0/global-token-revocation",
       global_revocation_endpoint,
       {K::app_access_token},
       ErrorStyle::oauth,
       W::serves},
      {"global_token_revocation_by_provider",
       {M::post},
       "/{tenant}/oauth2/v2.0/global-token-revocation/{client}",
       global_revocation_endpoint,
       {K::client_assertion},
       ErrorStyle::oauth,
       W::serves},
      {"userinfo",
       {M::get, M::post, M::options},
       "/{tenant}/oidc/userinfo",
       userinfo_endpoint,
       {K::access_token},
       ErrorStyle::oauth},
  };
}

// Where applications register themselves; off unless the operator wants it.
std::vector<EndpointSpec> registration_endpoints() {
  return {
      {"register",
       {M::post, M::options},
       "/{tenant}/oauth2/v2.0/register",
       register_endpoint,
       {K::initial_access_token},
       ErrorStyle::oauth},
      {"registration",
       {M::get, M::put, M::delete_, M::options},
       "/{tenant}/oauth2/v2.0/register/{client}",
       registration_endpoint,
       {K::registration_access_token},
       ErrorStyle::oauth},
  };
}

// What gates call.
std::vector<EndpointSpec> gate_endpoints() {
  return {{"gate_enrolment",
           {M::post},
           "/curfew/v1/gate-enrolment",
           gate_enrolment_endpoint,
           {K::gate_enrolment_code},
           ErrorStyle::oauth},
          // Grants nothing then, and learns from what gates show.
          {"gate_feed",
           {M::get},
           "/curfew/v1/gate",
           gate_feed_endpoint,
           {K::app_access_token, K::gate_feed},
           ErrorStyle::graph,
           W::serves}};
}

// What receivers of shared signals call, and those whom we receive them from.
std::vector<EndpointSpec> signal_endpoints() {
  std::vector<EndpointSpec> rows;
  for (const auto& [name, path] :
       {std::pair{"ssf_configuration", "/.well-known/ssf-configuration"},
        std::pair{"ssf_configuration_of_issuer", "/.well-known/ssf-configuration/{tenant}/v2.0"}}) {
    rows.push_back({name,
                    {M::get, M::options},
                    path,
                    ssf_configuration_endpoint,
                    {},
                    ErrorStyle::oauth,
                    W::serves});
  }
  const auto add = [&](std::string_view name, std::vector<M> methods, std::string_view path,
                       EndpointHandler handler) {
    rows.push_back(
        {name, std::move(methods), path, handler, {K::app_access_token}, ErrorStyle::oauth});
  };
  add("ssf_stream", {M::get, M::post, M::patch, M::put, M::delete_}, "/{tenant}/ssf/v1/stream",
      ssf_stream_endpoint);
  add("ssf_status", {M::get, M::post}, "/{tenant}/ssf/v1/status", ssf_status_endpoint);
  add("ssf_add_subject", {M::post}, "/{tenant}/ssf/v1/subjects/add", ssf_add_subject_endpoint);
  add("ssf_remove_subject", {M::post}, "/{tenant}/ssf/v1/subjects/remove",
      ssf_remove_subject_endpoint);
  add("ssf_verification", {M::post}, "/{tenant}/ssf/v1/verification", ssf_verification_endpoint);
  add("ssf_poll", {M::post}, "/{tenant}/ssf/v1/poll/{stream}", ssf_poll_endpoint);
  // What others tell us: it takes access away, so it is heard whatever became of the journal.
  rows.push_back({"source_events",
                  {M::post},
                  "/{tenant}/ssf/v1/events/{source}",
                  source_events_endpoint,
                  {K::signal_source},
                  ErrorStyle::oauth,
                  W::serves});
  return rows;
}

// What a person's browser comes to: signing in and out, and the account page.
std::vector<EndpointSpec> browser_endpoints() {
  return {
      {"authorize",
       {M::get, M::post},
       "/{tenant}/oauth2/v2.0/authorize",
       authorize_endpoint,
       {K::session_cookie, K::pushed_request},
       ErrorStyle::html,
       W::serves},
      {"end_session",
       {M::get, M::post},
       "/{tenant}/oauth2/v2.0/logout",
       end_session_endpoint,
       {K::session_cookie},
       ErrorStyle::html,
       W::serves},
      {"sign_in", {M::post}, "/{tenant}/login", sign_in_endpoint, {K::password}, ErrorStyle::html},
      {"change_password",
       {M::post},
       "/{tenant}/login/password",
       change_password_endpoint,
       {K::password},
       ErrorStyle::html},
      {"proceed",
       {M::post},
       "/{tenant}/login/continue",
       proceed_endpoint,
       {K::session_cookie},
       ErrorStyle::html},
      {"device",
       {M::get, M::post},
       "/{tenant}/oauth2/v2.0/deviceauth",
       device_page_endpoint,
       {K::session_cookie},
       ErrorStyle::html},
      {"device_short",
       {M::get},
       "/{tenant}/device",
       device_page_endpoint,
       {K::session_cookie},
       ErrorStyle::html},
      {"account",
       {M::get},
       "/{tenant}/account",
       account_endpoint,
       {K::session_cookie},
       ErrorStyle::html,
       W::serves},
      {"account_sessions",
       {M::post},
       "/{tenant}/account/sessions",
       account_sessions_endpoint,
       {K::session_cookie},
       ErrorStyle::html,
       W::serves},
      {"account_devices",
       {M::post},
       "/{tenant}/account/devices",
       account_devices_endpoint,
       {K::session_cookie},
       ErrorStyle::html},
      {"stylesheet",
       {M::get},
       "/assets/curfew.css",
       stylesheet_endpoint,
       {},
       ErrorStyle::html,
       W::serves},
  };
}

// Where somebody comes who lost their password.
std::vector<EndpointSpec> password_reset_endpoints() {
  return {
      {"password_reset",
       {M::get, M::post},
       "/{tenant}/password-reset",
       password_reset_endpoint,
       {},
       ErrorStyle::html},
      {"password_reset_new",
       {M::get, M::post},
       "/{tenant}/password-reset/new",
       password_reset_new_endpoint,
       {K::password_reset_code},
       ErrorStyle::html},
  };
}

// Where probes and monitoring look.
std::vector<EndpointSpec> ops_endpoints() {
  return {
      {"healthz", {M::get}, "/healthz", healthz_endpoint, {}, ErrorStyle::graph, W::serves},
      {"readyz", {M::get}, "/readyz", readyz_endpoint, {}, ErrorStyle::graph, W::serves},
      {"metrics",
       {M::get},
       "/metrics",
       metrics_endpoint,
       {K::access_token, K::app_access_token, K::api_key},
       ErrorStyle::graph,
       W::serves},
  };
}

// The Graph API: one row, behind which is a table of its own (api/graph/graph_operations.hpp). What
// gives something away is refused there while the journal is known to lack entries.
std::vector<EndpointSpec> graph_endpoints() {
  return {{"graph",
           {M::get, M::post, M::patch, M::put, M::delete_, M::options},
           "/v1.0/{resource...}",
           graph_endpoint,
           {K::access_token, K::app_access_token, K::api_key},
           ErrorStyle::graph,
           W::serves}};
}

std::vector<EndpointSpec> make_table() {
  std::vector<EndpointSpec> table;
  const auto append = [&table](std::vector<EndpointSpec> part) {
    for (EndpointSpec& spec : part) table.push_back(std::move(spec));
  };
  append(protocol_endpoints());
  append(client_endpoints());
  append(registration_endpoints());
  append(browser_endpoints());
  append(password_reset_endpoints());
  append(admin_endpoints());
  append(gate_endpoints());
  append(signal_endpoints());
  append(graph_endpoints());
  append(ops_endpoints());
  return table;
}

}  // namespace

std::span<const EndpointSpec> all_endpoints() {
  static const std::vector<EndpointSpec> table = make_table();
  return table;
}

}  // namespace curfew
