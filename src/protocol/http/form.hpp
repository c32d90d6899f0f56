// protocol/http/form.hpp: application/x-www-form-urlencoded, for bodies and for query strings.
//
// Repeated names are kept in order, so that a caller can refuse them (RFC 6749 3.1). Names and
// values are valid UTF-8 without NUL; everything else is refused, never repaired.
//
// Limits: kFormFieldsMax fields; the size of a body is limited by the server before.
// Spec: WHATWG URL 5, RFC 6749 appendix B. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace curfew {

struct FormField {
  std::string name;
  std::string value;

  friend bool operator==(const FormField&, const FormField&) = default;
};

class Form {
 public:
  Form() = default;
  explicit Form(std::vector<FormField> fields) : fields_(std::move(fields)) {}

  [[nodiscard]] const std::vector<FormField>& fields() const { return fields_; }
  [[nodiscard]] std::size_t count(std::string_view name) const;
  // The value if the name occurs exactly once: nothing if absent, and nothing if repeated.
  [[nodiscard]] std::optional<std::string_view> single(std::string_view name) const;

  void add(std::string_view name, std::string_view value);
  // name=value&...; names and values percent-encoded, a space as "%20".
  [[nodiscard]] std::string encode() const;

 private:
  std::vector<FormField> fields_;
};

// invalid_argument for a bad percent sequence, invalid UTF-8, NUL or an empty name with a value;
// exhausted for too many fields. Empty pieces between '&' are skipped.
[[nodiscard]] Result<Form> parse_form(std::string_view text);

// True for "application/x-www-form-urlencoded" in any case, alone or with parameters, of which
// charset, if present, must be UTF-8.
[[nodiscard]] bool is_form_content_type(std::string_view content_type);

}  // namespace curfew
