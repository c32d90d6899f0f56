#include "apps/curfew/suggestion.hpp"

#include <doctest/doctest.h>

namespace curfew {
namespace {

TEST_CASE("the nearest word is one that a slip of the fingers away, or none") {
  const std::vector<std::string> known{"user", "group", "revoke", "restore"};
  CHECK(nearest("usr", known) == "user");
  CHECK(nearest("users", known) == "user");
  CHECK(nearest("rveoke", known) == "revoke");
  CHECK(nearest("restroe", known) == "restore");
  CHECK_FALSE(nearest("nosuch", known));
  CHECK_FALSE(nearest("x", known));
  CHECK_FALSE(nearest("", known));
  CHECK_FALSE(nearest(std::string(100'000, 'u'), known));
}

TEST_CASE("a command that there is not is named with its nearest, at any depth") {
  CLI::App app{"", "curfew"};
  std::string output;
  app.add_option("-o,--output", output);
  app.add_flag("--quiet");
  CLI::App& user = *app.add_subcommand("user");
  CLI::App& show = *user.add_subcommand("show");
  std::string name;
  show.add_option("user", name);
  const auto said = [&](const std::vector<std::string>& args) {
    return unknown_command(app, args).value_or("");
  };
  CHECK(said({"usr", "show"})
            .starts_with("there is no command \"curfew usr\"; did you mean \"curfew user\"?"));
  CHECK(said({"-o", "json", "--quiet", "user", "shwo", "x"}).find("\"curfew user show\"?") !=
        std::string::npos);
  CHECK(said({"nosuch"}).find("`curfew --help` lists what there is: user") != std::string::npos);
  CHECK(said({"user", "show", "anything"}).empty());
  CHECK(said({"user"}).empty());
  CHECK(said({}).empty());
}

}  // namespace
}  // namespace curfew
