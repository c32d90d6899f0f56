#include "protocol/token_status/status_list.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/text.hpp"
#include "protocol/json/writer.hpp"

namespace curfew {

namespace {

constexpr std::size_t kBitsInByte = 8;

unsigned char bit_of(std::size_t idx) {
  return static_cast<unsigned char>(1U << (idx % kBitsInByte));
}

}  // namespace

StatusBits::StatusBits(std::size_t count) : bytes_(count / kBitsInByte, '\0') {
  CURFEW_CHECK(count % kBitsInByte == 0);
}

void StatusBits::set_invalid(std::size_t idx) {
  CURFEW_CHECK(idx / kBitsInByte < bytes_.size());
  char& byte = bytes_[idx / kBitsInByte];
  byte = static_cast<char>(static_cast<unsigned char>(byte) | bit_of(idx));
}

void StatusBits::set_all_invalid() { std::ranges::fill(bytes_, '\xff'); }

bool StatusBits::is_invalid(std::size_t idx) const {
  CURFEW_CHECK(idx / kBitsInByte < bytes_.size());
  return (static_cast<unsigned char>(bytes_[idx / kBitsInByte]) & bit_of(idx)) != 0;
}

Result<std::string> compressed_list(const StatusBits& bits) {
  const std::string& bytes = bits.bytes();
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string out(size, '\0');
  const int done = compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                             reinterpret_cast<const Bytef*>(bytes.data()),
                             static_cast<uLong>(bytes.size()), Z_BEST_COMPRESSION);
  if (done != Z_OK) return Error::permanent(ErrorCode::internal, "zlib could not compress a list");
  return base64url_encode(std::string_view{out}.substr(0, size));
}

std::string to_json(const StatusListClaims& claims) {
  std::string list;
  JsonObjectWriter inner{list};
  inner.integer("bits", 1).string("lst", claims.lst);
  inner.end();
  std::string payload;
  JsonObjectWriter writer{payload};
  writer.string("sub", claims.sub)
      .integer("iat", claims.iat)
      .integer("exp", claims.exp)
      .integer("ttl", claims.ttl)
      .raw("status_list", list);
  writer.end();
  return payload;
}

std::string status_list_uri(std::string_view base_url, const TenantId& tenant_id,
                            const StatusListName& name) {
  return std::string{base_url} + "/" + tenant_id.str() + std::string{kStatusListsPath} + "/" +
         name.app_id.str() + "/" + list_segment(name);
}

std::string list_segment(const StatusListName& name) {
  return to_string(Position{name.generation, name.number});
}

std::optional<StatusListName> parse_list_segment(const AppId& app_id, std::string_view segment) {
  const std::optional<Position> place = parse_position(segment);  // of the same form
  if (!place || !place->is_set()) return std::nullopt;
  if (place->sequence == 0 || place->sequence > kStatusListsMax) return std::nullopt;
  return StatusListName{app_id, place->generation, static_cast<std::uint32_t>(place->sequence)};
}

bool accepts_status_list(std::string_view accept) {
  constexpr std::array kRanges{kStatusListMediaType, std::string_view{"application/*"},
                               std::string_view{"*/*"}};
  return std::ranges::any_of(split(accept, ','), [&](std::string_view range) {
    const std::string_view type = trim_ascii(range.substr(0, range.find(';')));
    return std::ranges::any_of(kRanges,
                               [&](std::string_view known) { return ascii_iequals(type, known); });
  });
}

}  // namespace curfew
