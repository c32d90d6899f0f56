// apps/curfew/undo.hpp: `curfew restore RUN`: says what an undo would give back, asks, undoes.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "apps/curfew/connection.hpp"
#include "apps/curfew/terminal.hpp"

namespace curfew {

// What undoing the run (as the API shows it) gives back, for people, a line for each kind; and of
// that, what its sweep had found as made by whoever was in the account, with how to keep it shut.
[[nodiscard]] std::vector<std::string> undo_lines(const boost::json::object& data);

// The undo leaves the subject with the password that the run put in place, which nobody knows.
[[nodiscard]] bool has_replaced_password(const boost::json::object& data);

// Says which other holds keep the account disabled.
[[nodiscard]] Exit restore_run_by_id(Connection& server, const Terminal& terminal,
                                     const std::string& run, bool yes);

}  // namespace curfew
