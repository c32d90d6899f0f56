#include "protocol/token_status/status_list.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include <array>

#include "base/text.hpp"

namespace curfew {
namespace {

std::string inflated(std::string_view lst, std::size_t size) {
  const auto packed = base64url_decode(lst);
  REQUIRE(packed);
  std::string out(size, '\0');
  uLongf count = out.size();
  REQUIRE(uncompress(reinterpret_cast<Bytef*>(out.data()), &count,
                     reinterpret_cast<const Bytef*>(packed->data()), packed->size()) == Z_OK);
  REQUIRE(count == size);
  return out;
}

TEST_CASE("the specification's own example: bits from the least significant one, then zlib") {
  constexpr std::array<int, 16> kStatus{1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1};
  StatusBits bits{kStatus.size()};
  for (std::size_t idx = 0; idx < kStatus.size(); ++idx) {
    if (kStatus[idx] == 1) bits.set_invalid(idx);
  }
  CHECK(bits.bytes() == "\xb9\xa3");
  CHECK(compressed_list(bits).value() == "eNrbuRgAAhcBXQ");
  for (std::size_t idx = 0; idx < kStatus.size(); ++idx) {
    CHECK(bits.is_invalid(idx) == (kStatus[idx] == 1));
  }
}

TEST_CASE("a whole list can be called invalid, and comes back as it was") {
  StatusBits bits{kStatusListSize};
  bits.set_invalid(kStatusListSize - 1);
  const std::string lst = compressed_list(bits).value();
  CHECK(inflated(lst, kStatusListSize / 8) == bits.bytes());
  CHECK(lst.size() < 100);
  bits.set_all_invalid();
  CHECK(inflated(compressed_list(bits).value(), kStatusListSize / 8) ==
        std::string(kStatusListSize / 8, '\xff'));
}

TEST_CASE("the payload has the list's address as its subject, and says how long it is good for") {
  CHECK(to_json(StatusListClaims{"https://x/s", 100, 160, 30, "eNrbuRgAAhcBXQ"}) ==
        R"({"sub":"https://x/s","iat":100,"exp":160,"ttl":30,)"
        R"("status_list":{"bits":1,"lst":"eNrbuRgAAhcBXQ"}})");
}

TEST_CASE("an address names one list, in one spelling") {
  const AppId app{"a"};
  const StatusListName name{app, 3, 12};
  CHECK(list_segment(name) == "3.12");
  CHECK(status_list_uri("https://login", TenantId{"t"}, name) ==
        "https://login/t/status-lists/a/3.12");
  CHECK(parse_list_segment(app, "3.12") == name);
  for (const std::string_view no : {"", "3", "3.", "3.0", "0.1", "03.1", "3.65", "3.1.1", "x.1"}) {
    CAPTURE(no);
    CHECK_FALSE(parse_list_segment(app, no));
  }
}

TEST_CASE("a reader that takes a JWT, or anything, gets one") {
  CHECK(accepts_status_list("application/statuslist+jwt"));
  CHECK(accepts_status_list("application/statuslist+cwt, application/StatusList+JWT;q=0.5"));
  CHECK(accepts_status_list("*/*"));
  CHECK(accepts_status_list("text/html, application/*"));
  CHECK_FALSE(accepts_status_list("application/statuslist+cwt"));
  CHECK_FALSE(accepts_status_list("text/html"));
}

}  // namespace
}  // namespace curfew
