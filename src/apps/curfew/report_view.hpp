// apps/curfew/report_view.hpp: plans, runs and reports for people: every access path with its
// state.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "apps/curfew/connection.hpp"
#include "apps/curfew/terminal.hpp"

namespace curfew {

// Whether the states shown are what is, or what would become of access if it were revoked now.
enum class Tense { fact, forecast };

// A step of a run as the API shows it, by its id; null: there is none.
[[nodiscard]] const boost::json::object* step_of_run(const boost::json::object& data,
                                                     std::string_view id);
// The step that ends the path; null: none does.
[[nodiscard]] const boost::json::object* step_of_path(const boost::json::object& data,
                                                      const boost::json::object& path);
// "7": its number in its run, which people type.
[[nodiscard]] std::string short_step_id(const boost::json::object& step);

// The paths of a plan, an access view or a run, as a table. In a pipe the first column is the
// path's state by the API's word, whatever the tense.
void show_paths(const Terminal& terminal, const boost::json::object& holder,
                Tense tense = Tense::fact);

// The run's state, and that it was undone: what the paths say must be read with it.
void show_run_state(const Terminal& terminal, const boost::json::object& data);

// What was given up, and what waits for a person.
void show_open_steps(const Terminal& terminal, const boost::json::object& data);

// The outcome of a run in a few lines, with both zones' times.
void show_run(const Terminal& terminal, const boost::json::object& data);

// What the state of a run's paths means for a script.
[[nodiscard]] Exit exit_of_run(const boost::json::object& data);

// Writes the signed report to a file, or to standard output.
[[nodiscard]] Exit save_report(Connection& server, const Terminal& terminal, const std::string& id,
                               const std::string& file);

// `curfew verify FILE`: needs no server.
[[nodiscard]] Exit verify_file(const Terminal& terminal, const std::string& file,
                               const std::string& trusted_keys_file);

}  // namespace curfew
