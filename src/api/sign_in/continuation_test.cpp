#include "api/sign_in/continuation.hpp"

#include <doctest/doctest.h>

#include "api/sign_in/sealed_fields.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;

Continuation whole() {
  Continuation made;
  made.step = ContinuationStep::consent;
  made.anchor = "anchor";
  made.made_at = from_unix_millis(1'800'000'000'123);
  made.request = "client_id=a&state=%00";
  made.signed_in_now = true;
  made.permissions = {"Files.Read", "Files.Write"};
  made.user_id = UserId{"user"};
  made.password_id = "password";
  made.as_of = Position{2, 7};
  made.keep_signed_in = true;
  return made;
}

TEST_CASE("a continuation comes back as it was made") {
  const std::string plain = to_plain(whole());
  const auto back = parse_continuation(plain);
  REQUIRE(back);
  CHECK(to_plain(*back) == plain);
  CHECK(back->step == ContinuationStep::consent);
  CHECK(back->as_of == Position{2, 7});
  CHECK(back->permissions.size() == 2);
}

TEST_CASE("every cut or lengthened continuation is refused") {
  const std::string plain = to_plain(whole());
  for (std::size_t size = 0; size < plain.size(); ++size) {
    CHECK(!parse_continuation(plain.substr(0, size)));
  }
  CHECK(!parse_continuation(plain + '\0'));
}

TEST_CASE("a form is good for its step, its browser and its time") {
  Continuation form = whole();
  const TimePoint now = form.made_at;
  CHECK(is_current(form, ContinuationStep::consent, "anchor", now));
  CHECK(!is_current(form, ContinuationStep::sign_in, "anchor", now));
  CHECK(!is_current(form, ContinuationStep::consent, "other", now));
  CHECK(!is_current(form, ContinuationStep::consent, "anchor", now + kProofTimeMax));
  CHECK(!is_current(form, ContinuationStep::consent, "anchor", now - 1ms));
  form.anchor.clear();
  CHECK(!is_current(form, ContinuationStep::consent, "", now));
}

TEST_CASE("fields are unpacked exactly, or not at all") {
  const std::string bytes = pack_fields({"a", "", std::string("\0b", 2)});
  CHECK(unpack_fields(bytes, 3) == std::vector<std::string>{"a", "", std::string("\0b", 2)});
  CHECK(!unpack_fields(bytes, 2));
  CHECK(!unpack_fields(bytes, 4));
  CHECK(!unpack_fields("\xFF\xFF\xFF\xFF", 1));
}

}  // namespace
}  // namespace curfew
