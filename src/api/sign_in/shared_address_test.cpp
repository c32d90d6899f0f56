#include <doctest/doctest.h>

#include <string>

#include "tests/support/sign_in_site.hpp"

// Signing in through a proxy that names nobody: every browser of the world has its address.

namespace curfew {
namespace {

using namespace curfew::test;

struct BehindProxy {
  TestBrowser browser(bool is_shared = true) {
    return TestBrowser{[this, is_shared](HttpRequest request) {
      request.peer = {Transport::plain_loopback, "127.0.0.1", 40'000, std::nullopt, is_shared};
      return site.send(std::move(request));
    }};
  }
  void guess(TestBrowser attacker, const std::string& name, int times) {
    for (int i = 0; i < times; ++i) {
      submit_password(attacker, attacker.get(authorize_target()), "guess", name);
    }
  }
  void spray(const TestBrowser& attacker) {
    for (int i = 0; i < 40; ++i) guess(attacker, "nobody" + std::to_string(i) + "@contoso.com", 1);
  }
  SignInSite site;
};

TEST_CASE_FIXTURE(BehindProxy, "wrong passwords at other accounts lock nobody out") {
  spray(browser());
  TestBrowser owner = browser();
  CHECK(sign_in(owner).status == 303);
}

TEST_CASE_FIXTURE(BehindProxy, "an address that is one party's own is closed by the same tries") {
  spray(browser(/*is_shared=*/false));
  TestBrowser same = browser(/*is_shared=*/false);
  CHECK(contains(sign_in(same).body, "too many attempts"));
}

TEST_CASE_FIXTURE(BehindProxy, "an account stays protected, and open to a browser that it knows") {
  TestBrowser owner = browser();
  sign_in(owner);
  owner.cookies.erase(std::string{kSessionCookie});
  guess(browser(), kUpn, 5);
  TestBrowser stranger = browser();
  CHECK(contains(sign_in(stranger).body, "too many attempts"));
  CHECK(sign_in(owner).status == 303);
}

}  // namespace
}  // namespace curfew
