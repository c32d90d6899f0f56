// protocol/ssf/subject.hpp: subject identifiers (RFC 9493, SSF 1.0 3): reading, and making ours.
//
// Read tolerantly: what a format does not describe is ignored, as is a format that we do not know,
// which then names nobody here. Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace curfew {

// The names by which an identifier may mean a person; any of them. All empty: it names nobody that
// we could know, such as a telephone number.
struct SubjectNames {
  struct IssSub {
    std::string iss;
    std::string sub;
  };
  std::vector<IssSub> iss_subs;
  std::vector<std::string> mails;    // format email, and acct: of format account
  std::vector<std::string> opaques;  // ids
};

// invalid_argument for what has no `format`, or lacks a member that its format requires. Of a
// complex subject the `user`; of aliases all of them.
[[nodiscard]] Result<SubjectNames> read_subject(const boost::json::object& subject);

[[nodiscard]] boost::json::object iss_sub_subject(std::string_view iss, std::string_view sub);
[[nodiscard]] boost::json::object email_subject(std::string_view mail);
[[nodiscard]] boost::json::object opaque_subject(std::string_view id);

}  // namespace curfew
