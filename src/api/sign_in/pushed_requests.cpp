#include "api/sign_in/pushed_requests.hpp"

#include <utility>

#include "access/liveness.hpp"
#include "crypto/digest.hpp"
#include "protocol/oauth/authorize_request.hpp"
#include "store/schema_clients.hpp"

namespace curfew {

namespace {

OAuthError refused(std::string description) {
  return oauth_error(OAuthErrorCode::invalid_request_uri, Aadsts::invalid_request,
                     std::move(description));
}

OAuthError store_failed() {
  OAuthError error;
  error.description = "The server could not read its data.";
  return error;
}

std::optional<OAuthError> refused_if_dead(const std::optional<PushedRequest>& pushed,
                                          const AppId& client_id) {
  if (!pushed) return refused("The pushed request is not known, or is too old.");
  if (pushed->app_id != client_id) return refused("The pushed request is another application's.");
  if (pushed->used_at) return refused("The pushed request was used before.");
  return std::nullopt;
}

Result<std::optional<OAuthError>> check_row(ReadTx& tx, const ServerContext& context,
                                            const std::optional<PushedRequest>& pushed,
                                            const AppId& client_id) {
  if (auto error = refused_if_dead(pushed, client_id)) return error;
  CURFEW_TRY(const Verdict verdict,
             verdict_in(tx, context.journal, facts_of(*pushed), context.clock.now()));
  if (verdict == Verdict::live) return std::optional<OAuthError>{};
  return std::optional{refused(
      verdict == Verdict::expired
          ? "The pushed request is too old; go back to the application and start again."
          : "What the application proved itself with was taken away since it pushed the request.")};
}

}  // namespace

Result<std::optional<PushedRequest>> find_pushed_request(ReadTx& tx, const ServerContext& context,
                                                         std::string_view request_uri) {
  return load<PushedRequest>(tx, context.tenant_id, sha256_base64url(request_uri));
}

OAuthResult<std::string> resolve_pushed_request(ReadTx& tx, const ServerContext& context,
                                                std::string raw) {
  const OAuthResult<OAuthParams> params = OAuthParams::parse(raw);
  // What is no form is refused by the first check of every request.
  if (!params.ok()) return raw;
  if (!params->get("request_uri") && !params->is_repeated("request_uri")) return raw;
  if (params->is_repeated("request_uri") || params->is_repeated("client_id")) {
    return invalid_request("The request_uri or the client_id occurs more than once.");
  }
  const std::string request_uri = params->get_or_empty("request_uri");
  if (!is_pushed_request_uri(request_uri)) {
    OAuthError error = refused("Only requests that were pushed to this server are supported.");
    error.code = OAuthErrorCode::request_uri_not_supported;
    return error;
  }
  const AppId client_id{params->get_or_empty("client_id")};
  const auto pushed = find_pushed_request(tx, context, request_uri);
  if (!pushed.ok()) return store_failed();
  const auto error = check_row(tx, context, *pushed, client_id);
  if (!error.ok()) return store_failed();
  if (*error) return **error;
  if (context.clock.now() >= (*pushed)->begin_by) {
    return refused("The pushed request is too old; go back to the application and start again.");
  }
  return (*pushed)->request + "&request_uri=" + request_uri;
}

Result<std::optional<OAuthError>> check_pushed_request(ReadTx& tx, const ServerContext& context,
                                                       std::string_view request_uri,
                                                       const AppId& client_id) {
  CURFEW_TRY(const auto pushed, find_pushed_request(tx, context, request_uri));
  return check_row(tx, context, pushed, client_id);
}

Result<std::optional<OAuthError>> use_pushed_request(WriteTx& tx, const ServerContext& context,
                                                     std::string_view request_uri,
                                                     const AppId& client_id) {
  CURFEW_TRY(auto pushed, find_pushed_request(tx, context, request_uri));
  CURFEW_TRY(auto error, check_row(tx, context, pushed, client_id));
  if (error) return error;
  pushed->used_at = context.clock.now();
  CURFEW_TRY_STATUS(save(tx, *pushed));
  return std::optional<OAuthError>{};
}

}  // namespace curfew
