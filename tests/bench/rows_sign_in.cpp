// tests/bench/rows_sign_in.cpp: a whole sign-in, as a browser and its application make it.
//
// The hash cannot be left out of the server, and is not: the users' passwords are stored with the
// cheapest Argon2id that there is, it is computed in the server's own password threads as always,
// and the CPU time of those threads is taken off.
#include <utility>

#include "protocol/http/form.hpp"
#include "protocol/oauth/pkce.hpp"
#include "tests/bench/bench.hpp"
#include "tests/support/test_browser.hpp"

namespace curfew::bench {

namespace {

using test::Fields;
using test::form_text;
using test::input_value;

constexpr std::string_view kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr std::string_view kUserAgent =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0\r\n";

// All cookies that an answer sets, as the next request's header line.
std::string cookie_line(const Answer& answer) {
  std::string pairs;
  for (std::string_view line : split(answer.head, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !ascii_iequals(line.substr(0, colon), "set-cookie")) {
      continue;
    }
    const std::string_view value = trim_ascii(line.substr(colon + 1));
    pairs.append(pairs.empty() ? "" : "; ").append(value.substr(0, value.find(';')));
  }
  return pairs.empty() ? "" : "Cookie: " + pairs + "\r\n";
}

// A new browser each time; the page, the form, and the application's call with the code.
class SignInScript final : public Script {
 public:
  SignInScript(const World& world, const Apps& apps, std::vector<User> users)
      : world_(world), apps_(apps), users_(std::move(users)) {
    const Fields fields{{"client_id", apps.web.id.str()},
                        {"response_type", "code"},
                        {"redirect_uri", std::string{kRedirectUri}},
                        {"scope", "openid profile offline_access " + apps.scope()},
                        {"state", "abc"},
                        {"nonce", "n-1"},
                        {"code_challenge", code_challenge_of(kVerifier)},
                        {"code_challenge_method", "S256"}};
    authorize_ = world.path("/oauth2/v2.0/authorize") + "?" + form_text(fields);
  }

  std::string next() override {
    switch (stage_) {
      case Stage::page:
        return request_text({.method = "GET", .target = authorize_, .more_headers = kUserAgent});
      case Stage::form: return form_request();
      case Stage::code: return code_request();
    }
    return {};
  }

  Outcome take(const Answer& answer) override {
    switch (stage_) {
      case Stage::page: return take_page(answer);
      case Stage::form: return take_redirect(answer);
      case Stage::code: return take_tokens(answer);
    }
    return Outcome::wrong;
  }

 private:
  enum class Stage { page, form, code };

  std::string form_request() {
    const User& user = users_[at_++ % users_.size()];
    const Fields fields{{"continuation", continuation_},
                        {"username", user.user_principal_name},
                        {"password", std::string{kPassword}}};
    const std::string headers =
        std::string{kUserAgent} + cookies_ + "Origin: null\r\nSec-Fetch-Site: same-origin\r\n";
    const std::string body = form_text(fields);
    return request_text({.target = world_.path("/login"), .more_headers = headers, .body = body});
  }

  std::string code_request() {
    const Fields fields{{"grant_type", "authorization_code"},
                        {"code", code_},
                        {"redirect_uri", std::string{kRedirectUri}},
                        {"code_verifier", std::string{kVerifier}}};
    const std::string body = apps_.web.form() + "&" + form_text(fields);
    return request_text({.target = world_.path("/oauth2/v2.0/token"), .body = body});
  }

  Outcome take_page(const Answer& answer) {
    continuation_ = input_value(answer.body, "continuation");
    cookies_ = cookie_line(answer);
    stage_ = Stage::form;
    return answer.status == 200 && !continuation_.empty() ? Outcome::goes_on : Outcome::wrong;
  }

  Outcome take_redirect(const Answer& answer) {
    const std::string_view to = answer.header("location");
    const std::size_t query = to.find('?');
    if (query == std::string_view::npos) return Outcome::wrong;
    const auto fields = parse_form(to.substr(query + 1));
    code_ = fields.ok() ? std::string{fields->single("code").value_or("")} : "";
    stage_ = Stage::code;
    return answer.status == 303 && !code_.empty() ? Outcome::goes_on : Outcome::wrong;
  }

  Outcome take_tokens(const Answer& answer) {
    stage_ = Stage::page;
    const bool is_right = answer.status == 200 && !json_member(answer.body, "id_token").empty() &&
                          !json_member(answer.body, "refresh_token").empty();
    return is_right ? Outcome::unit_done : Outcome::wrong;
  }

  const World& world_;
  const Apps& apps_;
  std::vector<User> users_;
  std::string authorize_;
  std::string continuation_;
  std::string cookies_;
  std::string code_;
  std::size_t at_ = 0;
  Stage stage_ = Stage::page;
};

}  // namespace

Status measure_sign_in(Bench& bench, Row& row) {
  CURFEW_TRY(const Floors* const floors, bench.floors());
  CURFEW_TRY(const TokenWorld* const known, bench.tokens());
  Scripts scripts;
  for (auto& hand : dealt(known->users, bench.scale().sign_in_connections)) {
    scripts.push_back(std::make_unique<SignInScript>(*known->world, known->apps, std::move(hand)));
  }
  Load load = bench.load_of(std::move(scripts));
  load.warm_up /= 10;
  CURFEW_TRY(const LoadResult result, run_load(known->world->target(), std::move(load)));
  // Three requests, two tokens.
  add_request_figures(row, result, 3 * floors->https + floors->es256_sign + floors->rs256_sign);
  row.add("hashing_taken_off_us", result.hashing_cpu_micros / static_cast<double>(result.ended),
          "us");
  return Done{};
}

}  // namespace curfew::bench
