// tests/fuzz/fuzz_status_list.cpp: how readers ask for status lists, and what they read in them.
// Nobody here reads a foreign list: what we write is read as its standard says, by zlib, and says
// of each token what was set.
//
// Lines: the last part of a list's address, an Accept header, and bytes of which the bits are.
//
// Covers: protocol/token_status/status_list.cpp
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/text.hpp"
#include "protocol/token_status/status_list.hpp"

using namespace curfew;

namespace {

constexpr std::size_t kBytesMax = 1024;

void check_segment(std::string_view segment) {
  const AppId app{"app"};
  const auto name = parse_list_segment(app, segment);
  if (!name) return;
  CURFEW_CHECK(list_segment(*name) == segment);
  CURFEW_CHECK(name->number >= 1 && name->number <= kStatusListsMax && name->app_id == app);
}

void check_accept(std::string_view accept) {
  const bool is_taken = accepts_status_list(accept);
  // What else somebody takes changes nothing.
  const std::string more = std::string{accept} + ",text/html;q=0.5";
  CURFEW_CHECK(accepts_status_list(more) == is_taken);
  CURFEW_CHECK(accepts_status_list(more + ", APPLICATION/statuslist+jwt;q=1"));
}

void check_bits(std::string_view bytes) {
  StatusBits bits{bytes.size() * 8};
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    const bool is_set = (static_cast<unsigned char>(bytes[i / 8]) >> (i % 8) & 1U) != 0;
    if (is_set) bits.set_invalid(i);
    CURFEW_CHECK(bits.is_invalid(i) == is_set);
  }
  const auto lst = compressed_list(bits);
  CURFEW_CHECK(lst.ok());
  const auto packed = base64url_decode(*lst);
  CURFEW_CHECK(packed.has_value());
  std::string read(bytes.size() + 1, '\0');
  uLongf size = read.size();
  CURFEW_CHECK(uncompress(reinterpret_cast<Bytef*>(read.data()), &size,
                          reinterpret_cast<const Bytef*>(packed->data()), packed->size()) == Z_OK);
  CURFEW_CHECK(std::string_view{read}.substr(0, size) == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::string_view segment = text.substr(0, text.find('\n'));
  std::string_view rest = text.substr(std::min(segment.size() + 1, text.size()));
  const std::string_view accept = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(accept.size() + 1, rest.size()));
  check_segment(segment);
  check_accept(accept);
  check_bits(rest.substr(0, kBytesMax));
  return 0;
}
