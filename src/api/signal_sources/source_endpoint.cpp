#include "api/signal_sources/source_endpoint.hpp"

#include <optional>
#include <utility>
#include <variant>

#include "api/metrics.hpp"
#include "api/signal_sources/hear.hpp"
#include "api/signal_sources/source_right.hpp"
#include "api/ssf/ssf_call.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "protocol/http/authorization_header.hpp"
#include "store/schema_sources.hpp"

namespace curfew {

namespace {

HttpResponse unauthenticated(const ServerContext& context) {
  context.metrics.add(Counter::bearer_refused);
  HttpResponse response = ssf_problem(401, "authentication_failed",
                                      "There is no such source, or it has another token.");
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

// For what is to be sent again.
HttpResponse later(int status, std::string_view code, const std::string& description) {
  HttpResponse response = ssf_problem(status, code, description);
  response.headers.set("Retry-After", "60");
  return response;
}

HttpResponse not_heard() {
  return ssf_problem(403, "access_denied", "The source is not heard now.");
}

HttpResponse answer_to(const SignalSource& source, const Hearing& hearing) {
  if (const auto* const wrong = std::get_if<TokenProblem>(&hearing)) {
    return ssf_problem(400, wrong->code, "The token is refused: " + wrong->description + ".");
  }
  const auto* const error = std::get_if<Error>(&hearing);
  if (error == nullptr) return ssf_empty(202);
  if (error->code() == ErrorCode::denied) return not_heard();
  if (error->code() == ErrorCode::exhausted && error->retry() == Retry::later) {
    return later(429, "access_denied", "Too much waits already; send it again later.");
  }
  log(LogLevel::warning, "sources.failed", {{"source", source.id}, {"why", error->message()}});
  return later(503, "temporarily_unavailable", "The server cannot take it now; send it again.");
}

}  // namespace

Task<HttpResponse> source_events_endpoint(const ServerContext& context, RoutedRequest request) {
  const auto found = find_pushed(context, request.values["source"]);
  if (!found.ok()) {
    co_return later(503, "temporarily_unavailable", "The server cannot answer now.");
  }
  if (!found->source || !is_let_in(*found->source, request.http)) {
    co_return unauthenticated(context);
  }
  if (!found->stands.ok()) co_return not_heard();
  const SignalSource& source = *found->source;
  const Hearing hearing =
      co_await hear_token(context, source, std::string{trim_ascii(request.http.body)});
  // Where everybody is let in, everybody could say that there is trouble.
  const bool is_theirs = !source.token_hash.empty() || std::holds_alternative<Heard>(hearing);
  const std::string trouble = trouble_of(hearing);
  if (is_theirs && trouble != source.trouble) co_await note_trouble(context, source.id, trouble);
  co_return answer_to(source, hearing);
}

std::string source_events_url(const ServerContext& context, const std::string& source_id) {
  return context.base_url + "/" + context.tenant_id.str() + "/ssf/v1/events/" + source_id;
}

}  // namespace curfew
