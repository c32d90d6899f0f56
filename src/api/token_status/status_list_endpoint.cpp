#include "api/token_status/status_list_endpoint.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "access/token_status.hpp"
#include "api/op/oauth_answer.hpp"
#include "api/token_keys.hpp"
#include "api/token_status/status_lists.hpp"
#include "crypto/digest.hpp"
#include "io/runtime.hpp"

namespace curfew {

namespace {

using Asked = StatusLists::Asked;
using Copy = StatusLists::Copy;
using Next = StatusLists::Next;

std::int64_t seconds_of(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

// The list's resource, as far as it is still there.
struct KnownList {
  StatusListName name;
  TokenAlg alg = TokenAlg::es256;
  bool exists = false;
};

// Lists that hold a place of any token, the first one of a resource that wants lists, and, of a
// generation before, whatever its tokens may name.
Result<KnownList> find_list(const ServerContext& context, StatusListName name) {
  KnownList list{std::move(name), TokenAlg::es256, false};
  const std::uint64_t generation = context.live().head().position.generation;
  if (list.name.generation > generation) return list;
  CURFEW_TRY(const auto known, context.known_apps->client(context.tenant_id, list.name.app_id));
  if (known) list.alg = known->app.access_token_alg;
  const bool is_first = list.name.number == 1 && known && known->app.status_list;
  const bool is_over = list.name.generation < generation && known;
  list.exists = is_first || is_over;
  if (list.exists) return list;
  CURFEW_TRY(const std::uint32_t newest, read_value<std::uint32_t>(context.store, [&](ReadTx& tx) {
               return newest_status_list(tx, context.tenant_id, list.name.app_id,
                                         list.name.generation);
             }));
  list.exists = list.name.number <= newest;
  return list;
}

Result<Copy> signed_copy(const ServerContext& context, const KnownList& list, const Asked& asked,
                         StatusListCopy copy) {
  StatusListClaims claims;
  claims.sub = status_list_uri(context.base_url, context.tenant_id, list.name);
  claims.iat = to_unix_seconds(asked.now);
  claims.exp = to_unix_seconds(asked.now + kStatusListLife);
  claims.ttl = seconds_of(kStatusListTtl);
  claims.lst = copy.lst;
  copy.key = asked.key;
  copy.signed_at = asked.now;
  CURFEW_TRY(copy.jwt, context.token_keys.sign(list.alg, kStatusListTyp, to_json(claims)));
  copy.etag = '"' + sha256_base64url(copy.jwt) + '"';
  return Copy{std::make_shared<const StatusListCopy>(std::move(copy))};
}

// The head first: what is then read is at least as new.
Result<Copy> computed_copy(const ServerContext& context, const KnownList& list,
                           const Asked& asked) {
  StatusListCopy copy;
  copy.computed_at = asked.now;
  copy.head = context.live().head().position;
  CURFEW_TRY(const StatusBits bits, read_value<StatusBits>(context.store, [&](ReadTx& tx) {
               return read_status_list(tx, context.live(), context.tenant_id, list.name, asked.now);
             }));
  CURFEW_TRY(copy.lst, compressed_list(bits));
  return signed_copy(context, list, asked, std::move(copy));
}

Result<Copy> dead_copy(const ServerContext& context, const KnownList& list, const Asked& asked) {
  StatusListCopy copy;
  CURFEW_TRY(copy.lst, compressed_list(dead_status_list()));
  return signed_copy(context, list, asked, std::move(copy));
}

// Computed or signed, whichever its turn is, for whoever asks next as well.
Result<Copy> made_copy(const ServerContext& context, const KnownList& list, const Asked& asked,
                       const StatusLists::Turn& turn) {
  Result<Copy> made = turn.next == Next::sign ? signed_copy(context, list, asked, *turn.copy)
                                              : computed_copy(context, list, asked);
  context.status_lists->finish(list.name, made.ok() ? *made : nullptr);
  return made;
}

Task<Result<Copy>> current_copy(const ServerContext& context, KnownList list) {
  Asked asked;
  asked.now = context.clock.now();
  asked.since_boot = context.clock.since_boot();
  asked.head = context.live().head().position;
  asked.key = context.token_keys.active_key(list.alg);
  const bool is_dead =
      context.live().rollback().is_raised() || list.name.generation < asked.head.generation;
  if (is_dead) co_return dead_copy(context, list, asked);
  bool has_waited = false;
  while (true) {
    const StatusLists::Turn turn = context.status_lists->begin(list.name, asked, has_waited);
    if (turn.next == Next::serve) co_return turn.copy;
    if (turn.next != Next::wait) co_return made_copy(context, list, asked, turn);
    has_waited = has_waited || turn.is_soon;
    co_await sleep_for(context.runtime, current_executor(), turn.wait);
  }
}

// Nothing: it can be answered.
std::optional<HttpResponse> refusal_of(const HttpRequest& http) {
  const std::string_view query = http.query();
  if (query.starts_with("time=") || query.find("&time=") != std::string_view::npos) {
    return HttpResponse::invalid_request(501, "Status lists of the past are not kept.");
  }
  const auto accept = http.headers_all("accept");
  if (accept.empty() || std::ranges::any_of(accept, accepts_status_list)) return std::nullopt;
  return HttpResponse::invalid_request(
      406, "The list is there as application/statuslist+jwt and in no other form.");
}

bool has_it_already(const HttpRequest& http, std::string_view etag) {
  const auto known = http.header("If-None-Match");
  return known.ok() && *known && **known == etag;
}

HttpResponse answer_of(const HttpRequest& http, const StatusListCopy& copy) {
  const bool is_known = has_it_already(http, copy.etag);
  HttpResponse response = HttpResponse::empty(is_known ? 304 : 200);
  if (!is_known) {
    response.body = copy.jwt;
    response.headers.set("Content-Type", kStatusListMediaType);
  }
  response.headers.set("ETag", copy.etag);
  response.headers.set("Cache-Control",
                       "public, max-age=" + std::to_string(seconds_of(kStatusListRenewal)));
  return response;
}

Result<KnownList> asked_list(const ServerContext& context, const RoutedRequest& request) {
  const auto name = parse_list_segment(AppId{request.values.find("resource")->second},
                                       request.values.find("list")->second);
  if (!name || context.status_lists == nullptr) return KnownList{};
  return find_list(context, *name);
}

HttpResponse failed(const Error& error, const RequestTrace& trace) {
  return oauth_refusal(oauth_error_of(error), trace);
}

Task<HttpResponse> list_answer(const ServerContext& context, const RoutedRequest& request) {
  if (auto refused = refusal_of(request.http)) co_return *std::move(refused);
  const Result<KnownList> list = asked_list(context, request);
  if (!list.ok()) co_return failed(list.error(), trace_of(context, request));
  if (!list->exists) co_return HttpResponse::invalid_request(404, "There is no such status list.");
  const Result<Copy> copy = co_await current_copy(context, *list);
  if (!copy.ok()) co_return failed(copy.error(), trace_of(context, request));
  co_return answer_of(request.http, **copy);
}

}  // namespace

Task<HttpResponse> status_list_endpoint(const ServerContext& context, RoutedRequest request) {
  if (request.http.method == HttpMethod::options) co_return preflight_answer("GET, OPTIONS");
  HttpResponse response = co_await list_answer(context, request);  // which it outlives
  allow_any_origin(response);
  co_return response;
}

}  // namespace curfew
