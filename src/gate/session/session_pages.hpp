// gate/session/session_pages.hpp: the few pages that a gate shows: something went wrong, sign out,
// signed out.
//
// The server's frame and stylesheet: no script, light and dark, keyboard, from 320 px on. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gate/session/site.hpp"
#include "io/http_types.hpp"

namespace curfew {

// What went wrong, for the person. `again`: where a button leads that tries once more.
struct ProblemPage {
  int status = 400;
  std::string_view heading;
  std::string_view text;
  std::string again = {};
};
[[nodiscard]] HttpResponse problem_page(const Site& site, const ProblemPage& page);
[[nodiscard]] HttpResponse sign_out_page(const Site& site);
[[nodiscard]] HttpResponse signed_out_page(const Site& site);
// Below kGatePaths: "curfew.css".
[[nodiscard]] HttpResponse stylesheet_answer();

}  // namespace curfew
