// What people see after a fence, and what they can end of it.
#include "api/admin/fence.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "api/gate_feed/test_fenced_office.hpp"
#include "protocol/json/json.hpp"

namespace curfew {
namespace {

using test::contains;
using test::FencedOffice;
using test::kSecond;

boost::json::object shown(FencedOffice& at) {
  const HttpResponse response = at.ask(HttpMethod::get, "");
  REQUIRE(response.status == 200);
  return parse_json_object(response.body).value();
}

void begin_generation(FencedOffice& at) {
  at.server.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(at.server.journal->start_generation(tx, "fence", at.server.clock.now()));
    return Done{};
  });
  at.admin = at.office.token_of_john(Role::global_administrator);
}

TEST_CASE("a fence says which gates have not come, and what was named and not blocked") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  CHECK(shown(at).at("notComeYet").as_array().size() == 2);
  at.comes_without_proof_with(at.gate, {{key_of(clerk), at.lost_at(7)}});
  boost::json::object fence = shown(at);
  CHECK(fence.at("toReview") == 0);
  CHECK(fence.at("listedCount") == 1);
  CHECK(fence.at("notComeYet") == boost::json::array{"other"});
  CHECK(contains(at.ask(HttpMethod::get, "/blocks?state=open").body, "clerk@contoso.com"));
  // It knows of nothing, and says so.
  at.comes_with(at.other, {});
  CHECK(shown(at).at("notComeYet").as_array().empty());
  // One look is enough.
  const std::string id = at.named(key_of(clerk)).id;
  CHECK(at.ask(HttpMethod::post, "/blocks/" + id + "/end").status == 200);
  CHECK(shown(at).at("listedCount") == 0);
  CHECK_FALSE(contains(at.ask(HttpMethod::get, "/blocks?state=open").body, "clerk@contoso.com"));
}

TEST_CASE("what nobody has to look at is not asked about") {
  FencedOffice at;
  at.comes_with(at.gate, {{credential_key("invented"), at.lost_at(7)}});
  CHECK(shown(at).at("listedCount") == 0);
  CHECK(at.server.all<LostBlock>().size() == 1);
}

TEST_CASE("what a removed gate had brought is ended by its name, also after another fence") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  at.comes_with(at.gate, {{key_of(clerk), at.lost_at(7)}});
  REQUIRE(at.office.call(at.admin, HttpMethod::delete_, "/gates/edge").status == 200);
  begin_generation(at);
  CHECK(shown(at).at("toReview") == 1);
  const HttpResponse ended = at.ask(HttpMethod::post, "/end", R"({"gate":"edge"})");
  CAPTURE(ended.body);
  CHECK(ended.status == 200);
  CHECK(contains(ended.body, R"("endedCount":1)"));
  CHECK_FALSE(at.is_blocked(key_of(clerk)));
  CHECK(shown(at).at("toReview") == 0);
  CHECK(at.ask(HttpMethod::post, "/end", R"({"gate":"nobody"})").status == 404);
}

TEST_CASE("two gates that were called the same are told apart by their ids") {
  FencedOffice at;
  FenceGate former;
  former.tenant_id = at.server.tenant;
  former.generation = 2;
  former.gate_id = AppId{"the-former-one"};
  former.gate_name = "edge";
  at.server.put(former);
  at.comes_with(at.gate, {});
  CHECK(at.ask(HttpMethod::post, "/end", R"({"gate":"edge"})").status == 409);
  CHECK(at.ask(HttpMethod::post, "/end", R"({"gate":"the-former-one"})").status == 200);
}

TEST_CASE("what the word of a stolen gate does not stand for, another gate's word does") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  const UserId framed = at.office.add_user("framed@contoso.com");
  at.comes_with(at.gate, {{key_of(clerk), at.lost_at(7)}, {key_of(framed), at.lost_at(8)}});
  at.comes_with(at.other, {{key_of(clerk), at.lost_at(7)}});
  const HttpResponse ended = at.ask(HttpMethod::post, "/end", R"({"gate":"edge"})");
  CHECK(contains(ended.body, R"("endedCount":1)"));
  CHECK(contains(ended.body, R"("confirmedCount":1)"));
  CHECK(at.is_blocked(key_of(clerk)));
  CHECK_FALSE(at.is_blocked(key_of(framed)));
}

}  // namespace
}  // namespace curfew
