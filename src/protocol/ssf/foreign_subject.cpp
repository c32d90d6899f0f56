#include "protocol/ssf/foreign_subject.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace curfew {

namespace {

std::string text_of(const boost::json::object& object, std::string_view name) {
  const boost::json::value* const value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->as_string()} : "";
}

const boost::json::object* object_in(const boost::json::object& object, std::string_view name) {
  const boost::json::value* const value = object.if_contains(name);
  return value != nullptr ? value->if_object() : nullptr;
}

std::string format_of(const boost::json::object& subject) {
  std::string format = ascii_lower(text_of(subject, "format"));
  if (format.empty()) format = ascii_lower(text_of(subject, "subject_type"));
  std::ranges::replace(format, '-', '_');
  if (!format.empty()) return format;
  if (object_in(subject, "user") != nullptr) return "complex";
  if (subject.contains("identifiers")) return "aliases";
  const bool is_pair = subject.contains("iss") && subject.contains("sub");
  return is_pair || subject.contains("email") ? "id_token_claims" : "";
}

// Google's: whatever of an ID token's claims says who it is.
void read_claims(const boost::json::object& subject, SubjectNames& names) {
  const std::string iss = text_of(subject, "iss");
  const std::string sub = text_of(subject, "sub");
  if (!iss.empty() && !sub.empty()) names.iss_subs.push_back({iss, sub});
  const std::string email = text_of(subject, "email");
  if (!email.empty()) names.mails.push_back(email);
}

void append(SubjectNames& names, SubjectNames more) {
  std::ranges::move(more.iss_subs, std::back_inserter(names.iss_subs));
  std::ranges::move(more.mails, std::back_inserter(names.mails));
  std::ranges::move(more.opaques, std::back_inserter(names.opaques));
}

// One that is not made of others.
void read_one(const boost::json::object& subject, SubjectNames& names) {
  const std::string format = format_of(subject);
  if (format == "id_token_claims") return read_claims(subject, names);
  if (format == "complex" || format == "aliases") return;  // never inside of another
  boost::json::object same = subject;
  same["format"] = format;
  auto read = read_subject(same);
  if (read.ok()) append(names, *std::move(read));
}

constexpr std::size_t kAliasesMax = 20;

}  // namespace

SubjectNames read_foreign_subject(const boost::json::object& subject) {
  SubjectNames names;
  const std::string format = format_of(subject);
  if (format == "complex") {
    const boost::json::object* const user = object_in(subject, "user");
    if (user != nullptr) read_one(*user, names);
    return names;
  }
  if (format != "aliases") {
    read_one(subject, names);
    return names;
  }
  const boost::json::value* const all = subject.if_contains("identifiers");
  const boost::json::array* const list = all != nullptr ? all->if_array() : nullptr;
  if (list == nullptr || list->size() > kAliasesMax) return names;
  for (const boost::json::value& one : *list) {
    if (one.is_object()) read_one(one.as_object(), names);
  }
  return names;
}

}  // namespace curfew
