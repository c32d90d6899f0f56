// api/admin/mail_check.hpp: nobody's mail is another person's mail or user principal name.
//
// Applications may know people by their mail: whoever got another's would be taken for them.
#pragma once

#include <string>
#include <vector>

#include "api/api_call.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "store/store.hpp"

namespace curfew {

// `conflict` if anybody but `own` is called by one of the names (ASCII case ignored; empty ones are
// nobody's). Looks at every user of the tenant once, in the pool and page by page, so it comes
// before the write and not in it: of two calls at the same time that give two people the same new
// mail, both can pass.
[[nodiscard]] Task<Status> check_names_are_free(const ApiCall& call, UserId own,
                                                std::vector<std::string> names);

// The part that an index answers, for the write itself: `conflict` if it is another's user
// principal name.
[[nodiscard]] Status check_mail_is_no_name(ReadTx& tx, const ApiCall& call, const UserId& own,
                                           const std::string& mail);

}  // namespace curfew
