#include "protocol/ssf/subject.hpp"

#include <array>
#include <utility>

#include "protocol/json/members.hpp"

namespace curfew {

namespace {

constexpr std::size_t kAliasesMax = 20;

Result<std::string> filled(const boost::json::object& subject, std::string_view name) {
  CURFEW_TRY(std::string text, get_string(subject, name));
  if (!text.empty()) return text;
  return Error::permanent(ErrorCode::invalid_argument,
                          "the subject's " + std::string{name} + " is empty");
}

Status read_iss_sub(const boost::json::object& subject, SubjectNames& names) {
  CURFEW_TRY(std::string iss, filled(subject, "iss"));
  CURFEW_TRY(std::string sub, filled(subject, "sub"));
  names.iss_subs.push_back({std::move(iss), std::move(sub)});
  return Done{};
}

Status read_email(const boost::json::object& subject, SubjectNames& names) {
  CURFEW_TRY(std::string mail, filled(subject, "email"));
  names.mails.push_back(std::move(mail));
  return Done{};
}

Status read_account(const boost::json::object& subject, SubjectNames& names) {
  CURFEW_TRY(const std::string uri, filled(subject, "uri"));
  constexpr std::string_view kScheme = "acct:";
  const bool is_named = uri.starts_with(kScheme) && uri.size() > kScheme.size();
  if (is_named) names.mails.push_back(uri.substr(kScheme.size()));
  return Done{};
}

Status read_opaque(const boost::json::object& subject, SubjectNames& names) {
  CURFEW_TRY(std::string id, filled(subject, "id"));
  names.opaques.push_back(std::move(id));
  return Done{};
}

using Reader = Status (*)(const boost::json::object&, SubjectNames&);
struct Format {
  std::string_view name;
  Reader read;
};
constexpr std::array kFormats{Format{"iss_sub", read_iss_sub}, Format{"email", read_email},
                              Format{"account", read_account}, Format{"opaque", read_opaque}};

Status read_simple(const boost::json::object& subject, SubjectNames& names) {
  CURFEW_TRY(const std::string format, filled(subject, "format"));
  for (const Format& known : kFormats) {
    if (known.name == format) return known.read(subject, names);
  }
  return Done{};
}

// RFC 9493 3.2.8: never nested.
Status read_aliases(const boost::json::object& subject, SubjectNames& names) {
  CURFEW_TRY(const boost::json::array* const all, get_array(subject, "identifiers"));
  if (all->empty() || all->size() > kAliasesMax) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "identifiers are between one and " + std::to_string(kAliasesMax));
  }
  for (const boost::json::value& one : *all) {
    if (!one.is_object()) {
      return Error::permanent(ErrorCode::invalid_argument, "an identifier is no object");
    }
    CURFEW_TRY_STATUS(read_simple(one.as_object(), names));
  }
  return Done{};
}

}  // namespace

Result<SubjectNames> read_subject(const boost::json::object& subject) {
  SubjectNames names;
  CURFEW_TRY(const std::string format, filled(subject, "format"));
  if (format == "aliases") {
    CURFEW_TRY_STATUS(read_aliases(subject, names));
  } else if (format == "complex") {
    CURFEW_TRY(const boost::json::object* const user, get_optional_object(subject, "user"));
    if (user != nullptr) {
      CURFEW_TRY_STATUS(read_simple(*user, names));
    }
  } else {
    CURFEW_TRY_STATUS(read_simple(subject, names));
  }
  return names;
}

boost::json::object iss_sub_subject(std::string_view iss, std::string_view sub) {
  return {{"format", "iss_sub"}, {"iss", iss}, {"sub", sub}};
}

boost::json::object email_subject(std::string_view mail) {
  return {{"format", "email"}, {"email", mail}};
}

boost::json::object opaque_subject(std::string_view id) {
  return {{"format", "opaque"}, {"id", id}};
}

}  // namespace curfew
