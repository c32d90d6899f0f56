// apps/curfew/terminal.hpp: how the command line speaks: tables on a terminal, plain lines in a
// pipe, JSON on request; what is wrong on standard error; questions on the terminal only.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace curfew {

// Documented in docs/man/curfew.1: scripts rely on them.
enum class Exit {
  ok = 0,       // done, and seen to be done
  failed = 1,   // a step failed, or the server refused for a reason of its own
  usage = 2,    // the command line is wrong, or the answer to the question was no
  pending = 3,  // done as far as we reach; something still works, and the output says until when
  denied = 4,   // not signed in, or not allowed
};

enum class Style { automatic, json };

struct ColumnView {
  std::string_view title;
  std::string_view member;  // of the JSON object; "subject.name" for one inside another
};

// What the program ends with after `error`.
[[nodiscard]] Exit exit_of(const Error& error);

class Terminal {
 public:
  // `program`: whose errors they are.
  explicit Terminal(Style style, std::string_view program = "curfew");

  [[nodiscard]] bool is_json() const { return style_ == Style::json; }
  // Standard output is a terminal, and nobody asked for JSON.
  [[nodiscard]] bool is_live() const { return is_live_; }
  [[nodiscard]] bool can_ask() const;

  void line(std::string_view text) const;  // standard output
  void json(const boost::json::value& value) const;
  // A table on a terminal, for people to read; tab-separated lines without a title in a pipe, with
  // moments as the server says them.
  void table(const std::vector<ColumnView>& columns, const boost::json::array& rows) const;
  void note(std::string_view text) const;  // standard error: progress, questions
  [[nodiscard]] Exit fail(const Error& error) const;

  // Asks on standard error, reads a line from standard input.
  [[nodiscard]] std::string ask(std::string_view question) const;
  // "Type the name to revoke (johndoe): ": whether that was typed; says so where it was not, and
  // where nobody can be asked.
  [[nodiscard]] bool agrees(const std::string& wanted, const std::string& what,
                            const std::string& verb) const;

  [[nodiscard]] std::string bold(std::string_view text) const;
  [[nodiscard]] std::string colour(std::string_view text, int code) const;

 private:
  Style style_;
  std::string program_;
  bool is_live_ = false;
  bool has_colour_ = false;
};

// The next line of standard input, of which at most so many bytes are read.
[[nodiscard]] std::string read_line(std::size_t bytes_max = std::string::npos);

// The member at a dotted path; nullptr where there is none.
[[nodiscard]] const boost::json::value* member_at(const boost::json::value& value,
                                                  std::string_view path);

// Text that somebody else may have written, as it may be shown: control and direction-changing
// characters become visible, quotes stay as they are.
[[nodiscard]] std::string visible_text(std::string_view text, std::size_t bytes_max);

// A JSON value as one cell: text as it is (control characters made visible), lists with commas.
[[nodiscard]] std::string cell_text(const boost::json::value* value);

// The same for people to read: a moment (RFC 3339) as show_time() says it.
[[nodiscard]] std::string reader_text(const boost::json::value* value, TimePoint now);

// "15:04:05 (14:04:05 UTC)" if that is today in both, else with both dates; the reader's zone
// first.
[[nodiscard]] std::string show_time(TimePoint at, TimePoint now);
// "in 59 min", "3 s ago".
[[nodiscard]] std::string show_distance(TimePoint at, TimePoint now);

}  // namespace curfew
