// protocol/json/writer.hpp: write a JSON object by appending to text; for what is written often.
//
// Text that is not UTF-8 is a mistake of the caller's and becomes U+FFFD, byte by byte, so that the
// output is valid whatever happens. Member names are not checked for repetition.
//   JsonObjectWriter claims{out};
//   claims.string("iss", issuer).integer("exp", exp);
//   claims.end();
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace curfew {

// Appends `text` as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

class JsonObjectWriter {
 public:
  // Opens the object. `out` must outlive the writer.
  explicit JsonObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

  JsonObjectWriter& string(std::string_view name, std::string_view value);
  JsonObjectWriter& integer(std::string_view name, std::int64_t value);
  JsonObjectWriter& boolean(std::string_view name, bool value);
  JsonObjectWriter& strings(std::string_view name, const std::vector<std::string>& values);
  // `json` is appended as it is: a value that was serialised already.
  JsonObjectWriter& raw(std::string_view name, std::string_view json);
  void end() { out_ += '}'; }

 private:
  void name(std::string_view name);
  std::string& out_;
  bool first_ = true;
};

}  // namespace curfew
