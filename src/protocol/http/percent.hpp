// protocol/http/percent.hpp: percent coding of URI parts and of forms.
//
// Spec: RFC 3986 2.1, WHATWG URL 5 (application/x-www-form-urlencoded). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace curfew {

// Every "%XX" becomes its byte; nothing if a '%' is not followed by two hexadecimal digits. '+' is
// left as it is. The result may hold any byte.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

// The same, and '+' becomes a space: one name or value of a form.
[[nodiscard]] std::optional<std::string> form_decode(std::string_view text);

// Every byte outside RFC 3986's unreserved set as "%XX" in upper case. Good as a path segment, as a
// query value and as a form value.
[[nodiscard]] std::string percent_encode(std::string_view bytes);
// Every byte for which `is_plain` is false. Where '%' is not plain either, each text has a spelling
// of its own.
[[nodiscard]] std::string percent_encode(std::string_view bytes, bool (*is_plain)(char));

}  // namespace curfew
