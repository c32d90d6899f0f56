#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>

#include "api/op/refresh_token.hpp"
#include "tests/conformance/sqlite_fixture.hpp"
#include "tests/support/race_server.hpp"

// Real requests on two I/O threads race with the revocation of their user: the run's own cut, asked
// for at the administrator's API. Whatever order comes out, nothing that was issued may be alive
// anywhere afterwards, and restoring the user must revive nothing.

namespace curfew {
namespace {

using test::Fields;
using test::RaceServer;
using test::ServerFixture;
using test::TokenAnswer;

constexpr std::size_t kUsers = 250;
constexpr std::size_t kUsersAtOnce = 10;  // their sign-ins fit into the hashing pool
constexpr std::size_t kTries = 4;         // of each kind, user and phase: 1,000 a phase
constexpr std::size_t kRacedMin = 20;     // that come before, and after, a cut made meanwhile
constexpr std::size_t kPhases = 3;
const std::array<std::string, kPhases> kPhaseNames{"before", "during", "after"};

enum class Act { sign_in, refresh, approval, redemption };
constexpr std::array kActs{Act::sign_in, Act::refresh, Act::approval, Act::redemption};
const std::array<std::string, kActs.size()> kActNames{"sign-ins", "refreshes", "approvals",
                                                      "redemptions"};

struct Person {
  UserId id;
  std::string cookie;   // of a session that began before
  std::string consent;  // what the permission page of that session gave to send back
  // One for each try, phase by phase.
  std::array<std::string, kPhases * kTries> refresh_tokens;
  std::array<std::string, kPhases * kTries> codes;
  std::string run;
};

// What one request brought, as far as it is something to go on with.
struct Issued {
  std::string code;
  std::string cookie;
  std::string access;
  std::string refresh;
  bool is_for_userinfo = false;
  std::size_t act = 0;
  std::size_t phase = 0;

  [[nodiscard]] bool is_anything() const {
    return !code.empty() || !cookie.empty() || !access.empty() || !refresh.empty();
  }
};

struct Counts {
  std::size_t issued = 0;
  std::size_t refused = 0;
  std::size_t survivors = 0;
};

std::string cookie_in(const HttpResponse& response, std::string_view name) {
  for (const std::string_view set : response.headers.all("set-cookie")) {
    if (set.starts_with(name)) return std::string{set.substr(0, set.find(';'))};
  }
  return {};
}

class Race {
 public:
  Race(std::unique_ptr<Store> store, std::uint64_t seed)
      : server_(std::move(store), seed), random_(seed) {
    server_.change<User>(server_.john, [this](User& user) { template_ = user; });
    const HttpResponse page = server_.send(server_.get(authorize_target("login")));
    sign_in_form_ = test::input_value(page.body, "continuation");
    form_cookie_ = cookie_in(page, kFormCookie);
    REQUIRE_FALSE(sign_in_form_.empty());
  }

  void run() {
    for (std::size_t done = 0; done < kUsers; done += kUsersAtOnce) run_batch();
  }
  [[nodiscard]] const Counts& counts(std::size_t act, std::size_t phase) const {
    return counts_[act][phase];
  }

 private:
  using Requests = std::vector<HttpRequest>;
  using Answers = std::vector<std::future<HttpResponse>>;

  struct Try {
    std::size_t act = 0;
    bool is_for_userinfo = false;
    HttpRequest request;
  };

  // --- what people have at the beginning

  std::vector<Person> add_people() {
    std::vector<Person> people(kUsersAtOnce);
    const Position stamp = server_.head();
    server_.write([&](WriteTx& tx) -> Status {
      for (Person& person : people) {
        CURFEW_TRY_STATUS(add_person(tx, person, stamp));
      }
      return Done{};
    });
    for (Person& person : people) {
      HttpRequest asked = server_.get(authorize_target("consent"), {{"Cookie", person.cookie}});
      person.consent = test::input_value(server_.send(std::move(asked)).body, "continuation");
      REQUIRE_FALSE(person.consent.empty());
    }
    return people;
  }

  Status add_person(WriteTx& tx, Person& person, const Position& stamp) {
    User user = template_;
    user.id = person.id = UserId{new_guid()};
    user.user_principal_name = name_of(person);
    user.mail.reset();
    user.password_id = new_guid();
    CURFEW_TRY_STATUS(add(tx, user));
    const Secret secret{random_token()};
    Session session;
    session.tenant_id = server_.tenant;
    session.id = SessionId{random_token(16)};
    session.user_id = user.id;
    session.secret_hash = sha256_base64url(secret.reveal());
    session.authenticator_id = user.password_id;
    session.auth_as_of = stamp;
    session.auth_time = session.created_at = session.last_seen_at = server_.clock.now();
    session.expires_at = server_.clock.now() + std::chrono::hours{24};
    CURFEW_TRY_STATUS(add(tx, session));
    const std::string set = session_cookie({session.id, secret}, std::nullopt);
    person.cookie = set.substr(0, set.find(';'));
    for (std::size_t at = 0; at < kPhases * kTries; ++at) {
      ServerFixture::CodeOptions options;
      if (is_for_userinfo(at)) options.scopes = {"openid", "profile", "offline_access"};
      if (is_for_userinfo(at)) options.resource.clear();
      person.codes[at] = random_token();
      CURFEW_TRY_STATUS(add(tx, server_.code_row(session, options, person.codes[at])));
      CURFEW_TRY(person.refresh_tokens[at], add_grant(tx, session, options));
    }
    return Done{};
  }

  Result<std::string> add_grant(WriteTx& tx, const Session& session,
                                const ServerFixture::CodeOptions& options) {
    Grant grant;
    grant.tenant_id = server_.tenant;
    grant.id = GrantId{random_token(16)};
    grant.app_id = server_.web;
    grant.user_id = session.user_id;
    grant.session_id = session.id;
    grant.authenticator_id = session.authenticator_id;
    grant.resource = options.resource;
    grant.scopes = options.scopes;
    grant.auth_as_of = session.auth_as_of;
    grant.expires_at = server_.clock.now() + std::chrono::hours{24};
    CURFEW_TRY_STATUS(add(tx, grant));
    return make_refresh_token(server_.context->refresh_token_key, server_.tenant, {grant.id, 1});
  }

  static bool is_for_userinfo(std::size_t number) { return number % 2 == 1; }
  static std::string name_of(const Person& person) { return person.id.str() + "@contoso.com"; }

  // --- requests

  std::string authorize_target(const std::string& prompt) {
    return server_.path("/oauth2/v2.0/authorize?") +
           test::form_text({{"client_id", server_.web.str()},
                            {"response_type", "code"},
                            {"redirect_uri", server_.callback},
                            {"scope", "openid offline_access api://files/Files.Read"},
                            {"state", "s"},
                            {"code_challenge", code_challenge_of(server_.verifier)},
                            {"code_challenge_method", "S256"},
                            {"prompt", prompt}});
  }

  // A form of one of our pages, from a machine of its own.
  HttpRequest form(const std::string& path, const std::string& cookie, const Fields& fields) {
    HttpRequest request =
        server_.post(server_.path(path), fields,
                     {{"Origin", "null"}, {"Sec-Fetch-Site", "same-origin"}, {"Cookie", cookie}});
    const std::size_t machine = ++machines_;
    request.peer.address = "10." + std::to_string(machine / 65536) + "." +
                           std::to_string(machine / 256 % 256) + "." +
                           std::to_string(machine % 256);
    return request;
  }

  HttpRequest request_of(Act act, const Person& person, std::size_t number) {
    const std::string token = server_.path("/oauth2/v2.0/token");
    switch (act) {
      case Act::sign_in:
        return form("/login", form_cookie_,
                    {{"continuation", sign_in_form_},
                     {"username", name_of(person)},
                     {"password", server_.password}});
      case Act::approval:
        return form("/login/continue", person.cookie,
                    {{"continuation", person.consent}, {"action", "accept"}});
      case Act::refresh:
        return server_.post(token, server_.refresh_fields(person.refresh_tokens[number]));
      case Act::redemption: return server_.post(token, server_.code_fields(person.codes[number]));
    }
    CURFEW_CHECK(false);
  }

  std::vector<Try> tries(const std::vector<Person>& people, std::size_t phase) {
    std::vector<Try> made;
    for (const Person& person : people) {
      for (std::size_t number = phase * kTries; number < (phase + 1) * kTries; ++number) {
        for (const Act act : kActs) {
          made.push_back({static_cast<std::size_t>(act), is_for_userinfo(number),
                          request_of(act, person, number)});
        }
      }
    }
    return made;
  }

  HttpRequest as_root(const std::string& target, std::string body) {
    HttpRequest request = server_.get(target, {{"Content-Type", "application/json"}});
    request.method = HttpMethod::post;
    request.body = std::move(body);
    request.peer = {Transport::unix_socket, "", 0, uid_t{0}};
    return request;
  }
  HttpRequest cut_of(const Person& person) {
    return as_root("/curfew/v1/revocations", R"({"subject":")" + person.id.str() + R"("})");
  }

  Answers begin_all(Requests requests) {
    Answers answers;
    for (HttpRequest& request : requests) answers.push_back(server_.begin(std::move(request)));
    return answers;
  }

  // --- phases

  void take(const Try& tried, const HttpResponse& response, std::size_t phase) {
    Issued got;
    got.act = tried.act;
    got.phase = phase;
    got.is_for_userinfo = tried.is_for_userinfo;
    const Act act = kActs[tried.act];
    if (act == Act::sign_in || act == Act::approval) {
      got.code = test::field(test::answer_in(response), "code");
      got.cookie = cookie_in(response, kSessionCookie);
      CHECK(response.status < 500);
    } else {
      const TokenAnswer answer = ServerFixture::taken_apart(response);
      got.access = answer.access();
      got.refresh = answer.refresh();
      CHECK((answer.ok() || (answer.status == 400 && answer.error() == "invalid_grant" &&
                             answer.suberror() == "bad_token")));
    }
    Counts& counts = counts_[tried.act][phase];
    ++(got.is_anything() ? counts.issued : counts.refused);
    if (got.is_anything()) issued_.push_back(std::move(got));
  }

  void ask(std::vector<Try> asked, std::size_t phase) {
    Requests requests;
    for (Try& one : asked) requests.push_back(std::move(one.request));
    Answers answers = begin_all(std::move(requests));
    for (std::size_t at = 0; at < asked.size(); ++at) take(asked[at], answers[at].get(), phase);
  }

  // Cuts and tries in an order that only the seed knows. A cut overtakes what waits to be written,
  // so every other one lets some try before it come to its end.
  void ask_during(std::vector<Person>& people) {
    std::vector<Try> asked = tries(people, 1);
    std::vector<std::size_t> order(asked.size() + people.size());
    for (std::size_t at = 0; at < order.size(); ++at) order[at] = at;
    std::ranges::shuffle(order, random_);
    std::vector<std::future<HttpResponse>> answers(order.size());
    std::vector<std::size_t> begun;
    for (const std::size_t at : order) {
      const bool is_cut = at >= asked.size();
      if (!is_cut) begun.push_back(at);
      if (is_cut && !begun.empty() && random_() % 2 == 0) {
        answers[begun[random_() % begun.size()]].wait();
      }
      answers[at] =
          server_.begin(is_cut ? cut_of(people[at - asked.size()]) : std::move(asked[at].request));
    }
    for (std::size_t at = 0; at < asked.size(); ++at) take(asked[at], answers[at].get(), 1);
    for (std::size_t at = 0; at < people.size(); ++at) {
      const TokenAnswer cut = ServerFixture::taken_apart(answers[asked.size() + at].get());
      REQUIRE(cut.ok());
      people[at].run = std::string{cut.body.at("run").at("id").as_string()};
    }
  }

  void give_back(const std::vector<Person>& people) {
    Requests requests;
    for (const Person& person : people) {
      requests.push_back(as_root("/curfew/v1/revocations/" + person.run + "/restore", "{}"));
    }
    for (auto& answer : begin_all(std::move(requests))) CHECK(answer.get().status == 200);
    // That nothing revived would be no news where nothing was given back.
    Requests sign_ins;
    for (const Person& person : people) sign_ins.push_back(request_of(Act::sign_in, person, 0));
    for (auto& answer : begin_all(std::move(sign_ins))) {
      CHECK_FALSE(cookie_in(answer.get(), kSessionCookie).empty());
    }
  }

  // --- what is alive

  // Every place where what was issued could still be good.
  Requests uses_of(const Issued& issued) {
    const std::string introspect = server_.path("/oauth2/v2.0/introspect");
    const std::string token = server_.path("/oauth2/v2.0/token");
    Requests uses;
    if (!issued.code.empty()) {
      uses.push_back(server_.post(token, server_.code_fields(issued.code)));
    }
    if (!issued.cookie.empty()) {
      const Fields cookie{{"Cookie", issued.cookie}};
      uses.push_back(server_.get(authorize_target("none"), cookie));
      uses.push_back(server_.get(server_.path("/account"), cookie));
    }
    if (!issued.access.empty() && issued.is_for_userinfo) {
      uses.push_back(server_.get(server_.path("/oidc/userinfo"),
                                 {{"Authorization", "Bearer " + issued.access}}));
      uses.push_back(server_.post(introspect, server_.as_web({{"token", issued.access}})));
    } else if (!issued.access.empty()) {
      uses.push_back(server_.post(introspect, {{"token", issued.access},
                                               {"client_id", server_.files.str()},
                                               {"client_secret", server_.files_secret}}));
    }
    if (!issued.refresh.empty()) {
      uses.push_back(server_.post(introspect, server_.as_web({{"token", issued.refresh}})));
      uses.push_back(server_.post(token, server_.refresh_fields(issued.refresh)));
    }
    return uses;
  }

  static bool is_accepted(const HttpResponse& response) {
    if (response.status == 303) return !test::field(test::answer_in(response), "code").empty();
    if (response.status != 200) return false;
    if (response.body.find("name=\"password\"") != std::string::npos) return false;  // sign in
    const TokenAnswer answer = ServerFixture::taken_apart(response);
    return !answer.body.contains("active") || ServerFixture::is_active(answer);
  }

  void count_survivors() {
    std::vector<Answers> answers;
    for (const Issued& issued : issued_) answers.push_back(begin_all(uses_of(issued)));
    for (std::size_t at = 0; at < issued_.size(); ++at) {
      bool is_alive = false;
      for (auto& answer : answers[at]) {
        const HttpResponse response = answer.get();
        CHECK(response.status < 500);
        is_alive = is_accepted(response) || is_alive;
      }
      CAPTURE(kActNames[issued_[at].act]);
      CAPTURE(kPhaseNames[issued_[at].phase]);
      CHECK_MESSAGE(!is_alive, "something outlived the cut");
      counts_[issued_[at].act][issued_[at].phase].survivors += is_alive ? 1 : 0;
    }
  }

  // Before anything is taken away, all of it would be found alive: else the search finds nothing.
  void check_search(const std::vector<Person>& people) {
    ask(tries({people.front()}, 0), 0);
    for (const Issued& issued : issued_) {
      for (HttpRequest& use : uses_of(issued)) CHECK(is_accepted(server_.send(std::move(use))));
    }
    issued_.clear();
    for (auto& row : counts_) row[0] = {};
  }

  void run_batch() {
    if (machines_ == 0) check_search(add_people());
    issued_.clear();
    std::vector<Person> people = add_people();
    for (const Person& person : people) {
      issued_.push_back(
          {"", person.cookie, "", "", false, static_cast<std::size_t>(Act::approval)});
    }
    ask(tries(people, 0), 0);
    ask_during(people);
    ask(tries(people, 2), 2);
    count_survivors();
    give_back(people);
    count_survivors();
  }

  RaceServer server_;
  std::mt19937_64 random_;
  User template_;
  std::string sign_in_form_;
  std::string form_cookie_;
  std::size_t machines_ = 0;
  std::array<std::array<Counts, kPhases>, kActs.size()> counts_;
  std::vector<Issued> issued_;
};

void race(std::unique_ptr<Store> store, std::uint64_t seed, const std::string& name) {
  Race race{std::move(store), seed};
  race.run();
  for (std::size_t act = 0; act < kActs.size(); ++act) {
    std::string line;
    for (std::size_t phase = 0; phase < kPhases; ++phase) {
      const Counts& counts = race.counts(act, phase);
      line += ", " + kPhaseNames[phase] + " " + std::to_string(counts.issued) + "/" +
              std::to_string(counts.refused) + "/" + std::to_string(counts.survivors);
      CHECK(counts.issued + counts.refused == kUsers * kTries);
      CHECK(counts.survivors == 0);
    }
    MESSAGE("figure: race with the cut, " << name << ", seed " << seed << ": " << kActNames[act]
                                          << " issued/refused/survived" << line);
    // Where nothing came out both ways, nothing raced. Usual are some 350 to 650 each.
    CHECK(race.counts(act, 1).issued >= kRacedMin);
    CHECK(race.counts(act, 1).refused >= kRacedMin);
    CHECK(race.counts(act, 0).refused == 0);
    CHECK(race.counts(act, 2).issued == 0);
  }
}

TEST_CASE("what races with the revocation of its user leaves no survivor: memory") {
  race(make_memory_store(), 1, "memory");
}

TEST_CASE("what races with the revocation of its user leaves no survivor: SQLite") {
  const conformance::TemporaryFolder folder;
  auto store = open_sqlite_store({folder.file("race.db")});
  REQUIRE(store.ok());
  race(std::move(store).value(), 2, "SQLite");
}

}  // namespace
}  // namespace curfew
