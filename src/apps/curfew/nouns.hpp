// apps/curfew/nouns.hpp: `curfew NOUN VERB`: users, groups, apps, devices, keys and runs.
//
// A noun is a row of data: its path in the API and what its table shows. list, show, enable,
// disable and remove are the same code for all; add is each noun's own.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "apps/curfew/connection.hpp"
#include "apps/curfew/terminal.hpp"

namespace curfew {

struct Noun {
  std::string_view name;         // "user"
  std::string_view path;         // "/users"
  std::string_view description;  // "people"
  std::vector<ColumnView> columns;
  std::string_view id_member;  // what `list` pages by and `add` prints first
  bool can_be_disabled = false;
  bool can_be_removed = false;
  // What `show` asks for beside the object: lists below it in the API.
  struct Part {
    std::string_view name;  // in the answer
    std::string_view path;  // below the object's
    // Of each item, for people: the first alone, the others after their titles.
    std::vector<ColumnView> shown;
  };
  std::vector<Part> parts = {};
  // What people are shown instead of what is there; nullptr: that itself.
  void (*prepare)(boost::json::object& object, TimePoint now) = nullptr;
};

[[nodiscard]] const std::vector<Noun>& all_nouns();

// An object for people: a line for each member, what is inside of it indented below.
[[nodiscard]] std::vector<std::string> member_lines(const boost::json::object& object,
                                                    TimePoint now);

// Each prints its outcome and gives the exit status.
[[nodiscard]] Exit list_objects(Connection& server, const Terminal& terminal, const Noun& noun);
// The same of what is at `path`.
[[nodiscard]] Exit list_at(Connection& server, const Terminal& terminal, const std::string& path,
                           const std::vector<ColumnView>& columns);
[[nodiscard]] Exit show_object(Connection& server, const Terminal& terminal, const Noun& noun,
                               const std::string& name);
[[nodiscard]] Exit set_enabled(Connection& server, const Terminal& terminal, const Noun& noun,
                               const std::string& name, bool enabled);
[[nodiscard]] Exit remove_object(Connection& server, const Terminal& terminal, const Noun& noun,
                                 const std::string& name, bool yes);
// POSTs the body; prints the object, and what is shown only now.
[[nodiscard]] Exit add_object(Connection& server, const Terminal& terminal, const Noun& noun,
                              const boost::json::object& body);

// Any other call of the API whose answer is printed as an object.
[[nodiscard]] Exit call_and_show(Connection& server, const Terminal& terminal, HttpMethod method,
                                 const std::string& path, const boost::json::value& body,
                                 std::string_view done_sentence);

// `curfew audit`: the last privileged calls, also the refused ones, the newest first.
[[nodiscard]] Exit list_audit(Connection& server, const Terminal& terminal, int last);

// Every object of a list, page after page.
[[nodiscard]] Result<boost::json::array> fetch_all(Connection& server, const std::string& path);

}  // namespace curfew
