#include "revocation/fence/held_objects.hpp"

#include <doctest/doctest.h>

#include <string>

#include "revocation/fence/test_fence_world.hpp"

namespace curfew {
namespace {

TEST_CASE_FIXTURE(FenceWorld, "what a key names is found, with its owner and a name for people") {
  add_user("clerk");
  add_app("app");
  add_api_key("key", "clerk");
  const Key secret = add_secret("app", "secret");
  const Key method = add_method("clerk", "method");
  CHECK(object_of(secret) == HeldObject{KeyKind::application, "app", "client secret of App app"});
  CHECK(object_of(method) ==
        HeldObject{KeyKind::user, "clerk", "email method of clerk@contoso.com"});
  CHECK(object_of(credential_key("key")) ==
        HeldObject{KeyKind::application, "app", "API key Key key"});
}

TEST_CASE_FIXTURE(FenceWorld, "a password, and what there is not, is no object that can be held") {
  add_user("clerk");
  CHECK_FALSE(object_of(authenticator_key("password-of-clerk")));
  CHECK_FALSE(object_of(authenticator_key("invented")));
  CHECK_FALSE(object_of(credential_key("invented")));
  CHECK_FALSE(object_of(user_key("clerk")));
}

TEST_CASE_FIXTURE(FenceWorld, "an email method is found behind more than are read at once") {
  write([&](WriteTx& tx) -> Status {
    for (int i = 0; i < 2'500; ++i) {
      EmailMethod method;
      method.tenant_id = tenant;
      method.user_id = UserId{"user-" + std::to_string(i)};
      method.authenticator_id = "method-" + std::to_string(i);
      CURFEW_TRY_STATUS(save(tx, method));
    }
    return Done{};
  });
  for (const int i : {0, 999, 1'500, 2'499}) {
    const auto found = object_of(authenticator_key("method-" + std::to_string(i)));
    REQUIRE(found);
    CHECK(found->owner_id == "user-" + std::to_string(i));
  }
}

}  // namespace
}  // namespace curfew
