// tests/fuzz/fuzz_global_revocation.cpp: what is read as somebody's revocation names one person,
// and is read as the same when it is written again.
//
// Covers: protocol/global_revocation/global_revocation.cpp
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "protocol/global_revocation/global_revocation.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body{reinterpret_cast<const char*>(data), size};
  const auto subject = curfew::parse_global_revocation(body);
  if (!subject.ok()) return 0;
  CURFEW_CHECK(size <= curfew::kRevocationBodyBytesMax);
  CURFEW_CHECK(!subject->value.empty() && subject->value.size() <= curfew::kSubjectMemberBytesMax);
  CURFEW_CHECK(subject->issuer.empty() == (subject->format != curfew::SubjectFormat::iss_sub));
  const auto again = curfew::parse_global_revocation(curfew::global_revocation_body(*subject));
  CURFEW_CHECK(again.ok() && again->format == subject->format);
  CURFEW_CHECK(again->value == subject->value && again->issuer == subject->issuer);
  return 0;
}
