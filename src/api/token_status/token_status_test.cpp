#include <doctest/doctest.h>

#include "api/ops/housekeeping.hpp"
#include "store/schema_token_status.hpp"
#include "tests/support/status_list_reader.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::fetch_list;
using test::Fields;
using test::is_called_valid;
using test::listed_place_in;
using test::ListedPlace;
using test::ServerFixture;
using test::TokenAnswer;

// Files looks its tokens up in a list.
struct ListedFiles : ServerFixture {
  ListedFiles() {
    change<App>(files, [](App& app) { app.status_list = true; });
    session = add_session(john, laptop).row;
  }
  std::string new_token() {
    const TokenAnswer answer = redeem(add_code(session));
    REQUIRE(answer.ok());
    return answer.access();
  }
  // Without waiting for the rest of a second.
  bool is_valid(const std::string& token) {
    clock.advance(kStatusListEvery);
    return is_called_valid(*this, listed_place_in(token));
  }

  Session session;
};

std::string header_in(const HttpResponse& response, std::string_view name) {
  const auto value = response.headers.single(name);
  return value.ok() && *value ? std::string{**value} : std::string{};
}

TEST_CASE("a list agrees with introspection before and after a revocation, at once") {
  ListedFiles server;
  const std::string johns = server.new_token();
  const std::string own = server.app_token().access();
  CHECK(server.is_valid(johns));
  CHECK(server.is_valid(own));
  server.take_away(RemovalKind::revoke_sessions);
  CHECK_FALSE(server.is_valid(johns));
  CHECK_FALSE(ServerFixture::is_active(server.introspect(johns)));
  CHECK(server.is_valid(own));
  CHECK(ServerFixture::is_active(server.introspect(own)));
}

TEST_CASE("each token of a grant has a place of its own, and other resources' have none") {
  ListedFiles server;
  const TokenAnswer first = server.redeem(server.add_code(server.session));
  const TokenAnswer second = server.refresh(first.refresh());
  const ListedPlace one = listed_place_in(first.access());
  const ListedPlace other = listed_place_in(second.access());
  CHECK(one.uri == other.uri);
  CHECK(one.uri == server.base_url + server.path("/status-lists/" + server.files.str() + "/1.1"));
  CHECK(one.idx != other.idx);
  server.change<App>(server.files, [](App& app) { app.status_list = false; });
  const TokenAnswer third = server.refresh(second.refresh());
  CHECK_FALSE(test::claims_in(third.access()).contains("status"));
  CHECK(server.is_valid(first.access()));  // is still told of
}

TEST_CASE("the list is a signed JWT of its own type, which is no access token") {
  ListedFiles server;
  const ListedPlace place = listed_place_in(server.new_token());
  const HttpResponse answer =
      fetch_list(server, place.uri, {{"Accept", "application/statuslist+jwt"}});
  CHECK(answer.status == 200);
  CHECK(header_in(answer, "Content-Type") == "application/statuslist+jwt");
  CHECK(header_in(answer, "Access-Control-Allow-Origin") == "*");
  CHECK(test::header_in(answer.body).at("typ") == "statuslist+jwt");
  const auto claims = test::claims_in(answer.body);
  CHECK(claims.at("iat") == to_unix_seconds(server.clock.now()));
  CHECK(claims.at("exp").as_int64() - claims.at("iat").as_int64() == 60);
  CHECK(claims.at("ttl") == 30);
  CHECK_FALSE(ServerFixture::is_active(server.introspect(answer.body)));
}

TEST_CASE("a list is computed when the journal has moved, and signed anew when it grows old") {
  ListedFiles server;
  const ListedPlace place = listed_place_in(server.new_token());
  const HttpResponse first = fetch_list(server, place.uri);
  const HttpResponse again = fetch_list(server, place.uri);
  CHECK(again.body == first.body);
  const std::string etag = header_in(first, "ETag");
  const HttpResponse known = fetch_list(server, place.uri, {{"If-None-Match", etag}});
  CHECK(known.status == 304);
  CHECK(known.body.empty());
  static_cast<void>(server.new_token());  // which is alive: no list has to say so
  server.clock.advance(kStatusListRenewal);
  const HttpResponse later = fetch_list(server, place.uri, {{"If-None-Match", etag}});
  CHECK(later.status == 200);
  CHECK(test::claims_in(later.body).at("iat") == to_unix_seconds(server.clock.now()));
  CHECK(server.status_lists.computed_count() == 1);
  server.take_away(RemovalKind::revoke_sessions);
  CHECK_FALSE(is_called_valid(server, place));
  CHECK(server.status_lists.computed_count() == 2);
  // Places become free as time goes by, whatever the journal does.
  server.clock.advance(kStatusListComputedFor);
  CHECK_FALSE(is_called_valid(server, place));
  CHECK(server.status_lists.computed_count() == 3);
}

TEST_CASE("whoever asks too soon after the last computing waits, and is told what is so then") {
  StatusLists lists;
  const StatusListName name{AppId{"files"}, 1, 1};
  const TimePoint now = from_unix_seconds(1'800'000'000);
  const auto asked = [&](std::uint64_t head, Duration since_boot) {
    return StatusLists::Asked{now, since_boot, Position{1, head}, KeyId{"k"}};
  };
  const auto computed = [&](std::uint64_t head) {
    StatusListCopy copy;
    copy.head = Position{1, head};
    copy.computed_at = now;
    copy.key = KeyId{"k"};
    copy.signed_at = now;
    lists.finish(name, std::make_shared<const StatusListCopy>(copy));
  };
  using Next = StatusLists::Next;
  CHECK(lists.begin(name, asked(5, 10s), false).next == Next::compute);
  // Somebody is at it.
  const auto busy = lists.begin(name, asked(5, 10s), false);
  CHECK(busy.next == Next::wait);
  CHECK_FALSE(busy.is_soon);
  computed(5);
  CHECK(lists.begin(name, asked(5, 10s), false).next == Next::serve);
  // The journal has moved within the second.
  const auto soon = lists.begin(name, asked(6, 10'400ms), false);
  CHECK(soon.next == Next::wait);
  CHECK(soon.is_soon);
  CHECK(soon.wait == 600ms);
  CHECK(lists.begin(name, asked(6, 10'400ms), true).next == Next::compute);
  computed(7);
  // Another one that had waited: what was computed since is newer than what it asked for.
  CHECK(lists.begin(name, asked(6, 10'400ms), true).next == Next::serve);
  CHECK(lists.begin(name, asked(8, 11'400ms), false).next == Next::compute);
  lists.finish(name, nullptr);
  CHECK(lists.begin(name, asked(7, 12'400ms), false).next == Next::serve);
  StatusLists::Asked other_key = asked(7, 12'400ms);
  other_key.key = KeyId{"next"};
  CHECK(lists.begin(name, other_key, false).next == Next::sign);
}

TEST_CASE("while the journal is known to lack entries every token is called invalid") {
  ListedFiles server;
  const std::string token = server.new_token();
  CHECK(server.is_valid(token));
  server.live->rollback().suspect({Position{1, 999}, "test"});
  CHECK_FALSE(is_called_valid(server, listed_place_in(token)));
}

TEST_CASE("after a fence every token from before is invalid, also one whose place was lost") {
  ListedFiles server;
  const std::string token = server.new_token();
  CHECK(server.is_valid(token));
  server.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY(const auto rows, scan_as<TokenStatus>(tx, {}));
    for (const TokenStatus& row : rows) {
      CURFEW_TRY_STATUS(
          remove<TokenStatus>(tx, row.tenant_id, row.app_id, row.generation, row.list, row.idx));
    }
    CURFEW_TRY_STATUS(server.journal->start_generation(tx, "fence", server.clock.now()));
    return Done{};
  });
  CHECK_FALSE(is_called_valid(server, listed_place_in(token)));
  CHECK(server.is_valid(server.app_token().access()));
}

TEST_CASE("a place is kept until nobody goes by a list any more that says something of it") {
  ListedFiles server;
  const std::string token = server.new_token();
  server.take_away(RemovalKind::revoke_sessions);
  const auto prune = [&] {
    std::size_t pruned = 0;
    server.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY(const Pruned done,
                 prune_some(tx, server.tenant, PrunePolicy{}, {}, server.clock.now()));
      pruned = done.status_places;
      return Done{};
    });
    return pruned;
  };
  const TimePoint ends = server.all<TokenStatus>().front().expires_at;
  server.clock.advance(ends + kStatusToldAfterExpiry - 2s - server.clock.now());
  CHECK_FALSE(server.is_valid(token));  // a resource may allow for clocks that differ
  server.clock.advance(kStatusListComputedFor);
  CHECK(server.is_valid(token));  // it is expired for everybody; the place is about to be free
  server.clock.advance(ends + kStatusKeptAfterExpiry - server.clock.now());
  CHECK(prune() == 0);
  server.clock.advance(1ms);
  CHECK(prune() == 1);
  CHECK(server.all<TokenStatus>().empty());
}

TEST_CASE("what there is no list of, and lists in other forms or of the past, are refused") {
  ListedFiles server;
  const std::string uri = listed_place_in(server.new_token()).uri;
  const std::string folder = uri.substr(0, uri.rfind('/') + 1);
  for (const std::string_view list : {"1.2", "2.1", "1.0", "1", "x"}) {
    CAPTURE(list);
    CHECK(fetch_list(server, folder + std::string{list}).status == 404);
  }
  CHECK(fetch_list(server,
                   server.base_url + server.path("/status-lists/" + server.web.str() + "/1.1"))
            .status == 404);
  CHECK(fetch_list(server, uri, {{"Accept", "application/statuslist+cwt"}}).status == 406);
  CHECK(fetch_list(server, uri + "?time=1").status == 501);
  CHECK(fetch_list(server, uri, {{"Accept", "*/*"}}).status == 200);
}

TEST_CASE("a run says when a resource goes by the list, and for how long by tokens in none") {
  ListedFiles server;
  server.change<App>(server.files, [](App& app) { app.status_list = false; });
  const TokenAnswer unlisted = server.redeem(server.add_code(server.session));
  const auto bound = [&] {
    Actor root{ActorKind::local_root,        "local-root", "local-root",
               {Role::global_administrator}, "",           {}};
    const auto plan = server.context->revocation.access_of(server.john.str(), root);
    REQUIRE(plan.ok());
    for (const AccessPath& path : plan->paths) {
      if (path.kind == PathKind::access_token && path.target == "api://files") {
        return *path.ends_by - server.clock.now();
      }
    }
    FAIL("no path of access tokens");
    return Duration{};
  };
  CHECK(bound() == 1h + 5min);
  server.change<App>(server.files, [](App& app) { app.status_list = true; });
  server.clock.advance(10min);
  const TokenAnswer listed = server.refresh(unlisted.refresh());
  CHECK(bound() == 50min + 5min);  // the token from before asks nobody
  server.clock.advance(51min);
  CHECK(bound() == kStatusListLife + 5min);
  server.change<App>(server.files, [](App& app) { app.status_list = false; });
  CHECK(server.refresh(listed.refresh()).ok());
  CHECK(bound() == 1h + 5min);
}

}  // namespace
}  // namespace curfew
