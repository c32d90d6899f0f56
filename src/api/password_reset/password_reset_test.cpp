// A person who lost their password sets another one, with a link in a mail; and whoever is not that
// person, or not any more, does not.
#include <doctest/doctest.h>

#include <functional>
#include <set>

#include "api/ops/housekeeping.hpp"
#include "tests/support/reset_site.hpp"

namespace curfew {
namespace {

using test::contains;
using test::ResetSite;

bool is_void(const HttpResponse& page) {
  return page.status == 400 && contains(page.body, "not good any more");
}

TEST_CASE("a link that was asked for sets a new password, once") {
  ResetSite site;
  const HttpResponse asked = site.ask("JohnDoe");
  CHECK(asked.status == 200);
  CHECK(contains(asked.body, "15 minutes"));
  const auto mails = site.deliver();
  REQUIRE(mails.size() == 1);
  CHECK(mails.front().to == "john@example.com");
  CHECK(contains(site.text_of(mails.front()), "for johndoe@contoso.com at contoso.com"));
  const std::string code = site.code_in(mails.front());
  CHECK(code.size() == 43);
  // Programs follow links in mails: opening it uses nothing up.
  for (int i = 0; i < 2; ++i) {
    const HttpResponse page = site.open(code);
    CHECK(page.status == 200);
    CHECK(test::input_value(page.body, "username") == site.upn);
    CHECK(test::header_of(page, "Referrer-Policy") == "no-referrer");
    CHECK(test::header_of(page, "Cache-Control") == "no-store");
  }
  CHECK(site.set(code, "short").status == 400);
  CHECK(site.set(code, site.wanted, "another one that differs").status == 400);
  CHECK(contains(site.set(code, site.password).body, "not the old one"));
  CHECK(site.has_password(site.password));
  const HttpResponse done = site.set(code, site.wanted);
  CHECK(done.status == 200);
  CHECK(contains(done.body, "signed out everywhere"));
  CHECK(site.has_password(site.wanted));
  CHECK_FALSE(site.row<User>(site.john).force_change_password);
  CHECK(is_void(site.set(code, "and yet another one 43")));
  CHECK(is_void(site.open(code)));
  CHECK(site.has_password(site.wanted));
}

TEST_CASE("nothing that is stored or said holds a code") {
  ResetSite site;
  const std::string code = site.new_code();
  const auto rows = site.all<PasswordResetCode>();
  REQUIRE(rows.size() == 1);
  CHECK(rows.front().hash == sha256_base64url(code));
  CHECK_FALSE(contains(rows.front().hash, code));
  CHECK(site.all<Letter>().empty());
}

TEST_CASE("whoever asks is told the same, and leaves the same behind, whatever name it is") {
  ResetSite site;
  site.change<User>(site.john, [](User& user) { user.account_enabled = false; });
  std::set<std::string> answers;
  for (const char* name : {"johndoe", "nobody", "nobody@elsewhere.example", "<script>"}) {
    const std::size_t before = site.all<Letter>().size();
    const HttpResponse page = site.ask(name);
    CHECK(page.status == 200);
    answers.insert(page.body);
    CHECK(site.all<Letter>().size() == before + 1);
  }
  site.change<User>(site.john, [](User& user) { user.account_enabled = true; });
  answers.insert(site.ask("johndoe").body);
  CHECK(answers.size() == 1);
  CHECK(site.deliver().size() == 1);
  CHECK(site.all<Letter>().empty());
  CHECK(site.all<PasswordResetCode>().size() == 1);
}

struct Bar {
  std::string_view what;
  std::function<void(ResetSite&)> raise;
};
template <typename Change>
Bar of_john(std::string_view what, Change change) {
  return {what, [change](ResetSite& site) { site.change<User>(site.john, change); }};
}
void give_role(ResetSite& site) {
  site.put(RoleAssignment{site.tenant, site.john.str(),
                          RoleId{std::string{definition_of(Role::reports_reader).template_id}},
                          site.clock.now()});
}
void join_role_group(ResetSite& site) {
  site.change<Group>(site.staff, [](Group& group) { group.is_assignable_to_role = true; });
  site.put(GroupMember{site.tenant, site.staff, site.john, site.clock.now()});
}
const std::vector<Bar> kBars{
    of_john("disabled", [](User& user) { user.account_enabled = false; }),
    of_john("a guest", [](User& user) { user.user_type = UserType::guest; }),
    of_john("an emergency account", [](User& user) { user.break_glass = true; }),
    of_john("without a password", [](User& user) { user.password_hash.reset(); }),
    of_john("compromised",
            [](User& user) {
              user.properties = R"({"riskyUser":{"riskState":"confirmedCompromised"}})";
            }),
    {"holds a role", give_role},
    {"in a group for roles", join_role_group},
    {"not by oneself", [](ResetSite& site) { site.context->password_reset.self_service = false; }},
};

TEST_CASE("who may not gets no link, and one who has got one cannot use it") {
  for (const Bar& bar : kBars) {
    CAPTURE(bar.what);
    ResetSite before;
    bar.raise(before);
    before.write([&](WriteTx& tx) {
      return ask_for_link(tx, *before.context, before.upn, before.clock.now());
    });
    CHECK(before.deliver().empty());
    CHECK(before.all<Letter>().empty());
    CHECK(before.all<PasswordResetCode>().empty());

    ResetSite after;
    const std::string code = after.new_code();
    bar.raise(after);
    CHECK(is_void(after.open(code)));
    CHECK(is_void(after.set(code, after.wanted)));
  }
}

TEST_CASE("administrators may where the settings say so, emergency accounts never") {
  ResetSite site;
  give_role(site);
  site.context->password_reset.administrators = true;
  CHECK(site.set(site.new_code(), site.wanted).status == 200);
  CHECK(site.deliver().size() == 1);  // the notice
  site.change<User>(site.john, [](User& user) { user.break_glass = true; });
  static_cast<void>(site.ask(site.upn));
  CHECK(site.deliver().empty());
}

TEST_CASE("without an email method nothing is sent") {
  ResetSite site;
  Removal removal;
  removal.kind = RemovalKind::remove_method;
  removal.user_id = site.john;
  site.take_away(removal);
  CHECK(site.ask(site.upn).status == 200);
  CHECK(site.deliver().empty());
}

TEST_CASE("a code ends with whatever is taken away after it was asked for") {
  for (const RemovalKind kind :
       {RemovalKind::revoke_user, RemovalKind::disable_user, RemovalKind::revoke_sessions,
        RemovalKind::reset_password, RemovalKind::remove_method, RemovalKind::reauth_tenant}) {
    CAPTURE(to_string(kind));
    ResetSite site;
    const std::string code = site.new_code();
    Removal removal;
    removal.kind = kind;
    removal.user_id = site.john;
    removal.password_hash = site.row<User>(site.john).password_hash.value();
    site.take_away(removal);
    CHECK(is_void(site.set(code, site.wanted)));
    if (kind == RemovalKind::revoke_user) {
      site.give_back(RestoralKind::enable_user, site.john.str());
      CHECK(is_void(site.set(code, site.wanted)));
    }
    CHECK(site.has_password(site.password));
  }
}

TEST_CASE("only the newest link counts, and it for a quarter of an hour") {
  ResetSite site;
  const std::string first = site.new_code();
  const std::string second = site.new_code();
  CHECK(is_void(site.open(first)));
  CHECK(site.open(second).status == 200);
  site.clock.advance(std::chrono::minutes{15});
  CHECK(is_void(site.open(second)));
  CHECK(is_void(site.set(second, site.wanted)));
  CHECK(site.has_password(site.password));
}

TEST_CASE("a mail that was not taken is written anew, with another link") {
  ResetSite site;
  static_cast<void>(site.ask(site.upn));
  const std::string id = site.due().front().id;
  const auto first = site.try_one(id);
  REQUIRE(first);
  CHECK(site.due().empty());  // not again at once
  site.clock.advance(std::chrono::minutes{1});
  const auto second = site.deliver();
  REQUIRE(second.size() == 1);
  CHECK(is_void(site.open(site.code_in(*first))));
  CHECK(site.open(site.code_in(second.front())).status == 200);
}

TEST_CASE("what was asked for too long ago is not sent any more") {
  ResetSite site;
  static_cast<void>(site.ask(site.upn));
  site.clock.advance(kResetAskedFor);
  CHECK(site.deliver().empty());
  CHECK(site.all<Letter>().empty());
}

TEST_CASE("codes and mails whose time is over are removed") {
  ResetSite site;
  static_cast<void>(site.new_code());
  static_cast<void>(site.ask("nobody"));
  site.clock.advance(std::chrono::hours{1});
  site.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(prune_some(tx, site.tenant, {}, {}, site.clock.now()));
    return Done{};
  });
  CHECK(site.all<PasswordResetCode>().empty());
  CHECK(site.all<Letter>().empty());
  CHECK(site.all<EmailMethod>().size() == 1);
}

TEST_CASE("asking again and again is stopped, for names that exist and for those that do not") {
  for (const std::string name : {"johndoe", "nobody"}) {
    CAPTURE(name);
    ResetSite site;
    int allowed = 0;
    while (allowed < 20 && site.ask(name).status == 200) ++allowed;
    CHECK(allowed == 3);
    CHECK(site.ask(name).status == 429);
    CHECK(site.ask("somebody-else").status == 200);
    CHECK(site.ask(name, "192.0.2.8").status == 200);
  }
  ResetSite sprayed;
  int allowed = 0;
  while (allowed < 100 && sprayed.ask("name" + std::to_string(allowed)).status == 200) ++allowed;
  CHECK(allowed == 20);
  ResetSite spread;  // many addresses at one name
  allowed = 0;
  while (allowed < 100 &&
         spread.ask("johndoe", "198.51.100." + std::to_string(allowed)).status == 200) {
    ++allowed;
  }
  CHECK(allowed == 10);
}

TEST_CASE("where no mail is sent the page says whom to ask") {
  ResetSite site;
  site.context->password_reset.sends_mail = false;
  site.context->password_reset.contact = "the service desk <555>";
  for (const HttpResponse& page :
       {site.send(site.get(site.path("/password-reset"))), site.ask(site.upn)}) {
    CHECK(page.status == 200);
    CHECK(contains(page.body, "Ask the service desk &lt;555&gt;."));
    CHECK_FALSE(contains(page.body, "<form"));
  }
  CHECK(site.all<Letter>().empty());
}

TEST_CASE("a form of another site asks for nothing, and nonsense is no code") {
  ResetSite site;
  const auto foreign = site.send(site.post(site.path("/password-reset"), {{"username", site.upn}},
                                           {{"Sec-Fetch-Site", "cross-site"}}));
  CHECK(foreign.status == 400);
  CHECK(site.all<Letter>().empty());
  for (const std::string& code : {std::string{}, std::string{"x"}, std::string(300, 'x')}) {
    CHECK(is_void(site.open(code)));
    CHECK(is_void(site.set(code, site.wanted)));
  }
}

TEST_CASE("a link is not made while the journal is known to lack entries") {
  ResetSite site;
  const std::string code = site.new_code();
  site.live->rollback().suspect({Position{9, 9}, "test"});
  CHECK(site.ask(site.upn).status == 503);
  CHECK(site.set(code, site.wanted).status == 503);
}

TEST_CASE("a person is told when their password was set, and by whom") {
  ResetSite site;
  static_cast<void>(site.set(site.new_code(), site.wanted));
  const auto mails = site.deliver();
  REQUIRE(mails.size() == 1);
  CHECK(mails.front().to == "john@example.com");
  const std::string text = site.text_of(mails.front());
  CHECK(contains(text, "A new password was set for johndoe@contoso.com"));
  CHECK(contains(text, "with a link that was sent to this address"));
  CHECK_FALSE(contains(text, "?code="));
}

}  // namespace
}  // namespace curfew
