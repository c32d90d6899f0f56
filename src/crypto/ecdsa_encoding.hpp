// crypto/ecdsa_encoding.hpp: the two spellings of an ECDSA signature: JOSE's r || s and ASN.1 DER.
//
// DER (X.690) is read strictly: one value has one spelling. Neither direction checks that r and s
// are in range; verifying does.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace curfew {

// Nothing unless `raw` has twice `field_bytes` bytes (32 for P-256, 48, 66).
[[nodiscard]] std::optional<std::string> ecdsa_raw_to_der(std::string_view raw,
                                                          std::size_t field_bytes);
// Nothing for anything but the DER of two non-negative integers that fit.
[[nodiscard]] std::optional<std::string> ecdsa_der_to_raw(std::string_view der,
                                                          std::size_t field_bytes);

}  // namespace curfew
