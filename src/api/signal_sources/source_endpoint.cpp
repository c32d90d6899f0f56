#include "api/signal_sources/source_endpoint.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <utility>
#include <variant>

#include "api/metrics.hpp"
#include "api/signal_sources/hear.hpp"
#include "api/signal_sources/source_right.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "protocol/http/authorization_header.hpp"
#include "protocol/json/json.hpp"
#include "store/schema_sources.hpp"

namespace curfew {

namespace {

HttpResponse problem(int status, std::string_view code, std::string_view description) {
  HttpResponse response = HttpResponse::json(
      status, serialize_json(boost::json::object{{"err", code}, {"description", description}}));
  response.headers.set("Content-Language", "en");
  response.headers.set("Cache-Control", "no-store");
  if (status == 429 || status == 503) response.headers.set("Retry-After", "60");
  return response;
}

HttpResponse unauthenticated(const ServerContext& context) {
  context.metrics.add(Counter::bearer_refused);
  HttpResponse response =
      problem(401, "authentication_failed", "There is no such source, or it has another token.");
  BearerChallenge challenge;
  challenge.error = "invalid_token";
  response.headers.set("WWW-Authenticate", to_header(challenge));
  return response;
}

// Shows the token that the source has; one without a token asks for none.
bool is_let_in(const SignalSource& source, const HttpRequest& request) {
  if (source.token_hash.empty()) return true;
  const auto header = request.header("Authorization");
  if (!header.ok() || !*header) return false;
  const auto given = parse_authorization(**header);
  return given.ok() && given->scheme == AuthorizationScheme::bearer &&
         is_source_token(source, given->credentials);
}

struct Found {
  std::optional<SignalSource> source;
  Status stands = Done{};
};

Result<Found> find_pushed(const ServerContext& context, const std::string& id) {
  return read_value<Found>(context.store, [&](ReadTx& tx) -> Result<Found> {
    Found found;
    CURFEW_TRY(found.source, load<SignalSource>(tx, context.tenant_id, ascii_lower(id)));
    if (!found.source || found.source->delivery != StreamDelivery::push) return Found{};
    found.stands = check_source_stands(tx, context, *found.source);
    return found;
  });
}

HttpResponse answer_to(const SignalSource& source, const Hearing& hearing) {
  if (const auto* const wrong = std::get_if<TokenProblem>(&hearing)) {
    return problem(400, wrong->code, "The token is refused: " + wrong->description + ".");
  }
  const auto* const error = std::get_if<Error>(&hearing);
  if (error == nullptr) {
    HttpResponse response = HttpResponse::empty(202);
    response.headers.set("Cache-Control", "no-store");
    return response;
  }
  if (error->code() == ErrorCode::denied) {
    return problem(403, "access_denied", "The source is not heard now.");
  }
  if (error->code() == ErrorCode::exhausted && error->retry() == Retry::later) {
    return problem(429, "access_denied", "Too many events wait already; send it again later.");
  }
  log(LogLevel::warning, "sources.failed", {{"source", source.id}, {"why", error->message()}});
  return problem(503, "temporarily_unavailable", "The server cannot take it now; send it again.");
}

}  // namespace

Task<HttpResponse> source_events_endpoint(const ServerContext& context, RoutedRequest request) {
  const auto found = find_pushed(context, request.values["source"]);
  if (!found.ok()) {
    co_return problem(503, "temporarily_unavailable", "The server cannot answer now.");
  }
  if (!found->source || !is_let_in(*found->source, request.http)) {
    co_return unauthenticated(context);
  }
  if (!found->stands.ok()) {
    co_return problem(403, "access_denied", "The source is not heard now.");
  }
  const Hearing hearing =
      co_await hear_token(context, *found->source, std::string{trim_ascii(request.http.body)});
  co_return answer_to(*found->source, hearing);
}

std::string source_events_url(const ServerContext& context, const std::string& source_id) {
  return context.base_url + "/" + context.tenant_id.str() + "/ssf/v1/events/" + source_id;
}

}  // namespace curfew
