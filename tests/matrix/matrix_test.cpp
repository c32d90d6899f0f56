// The generated matrix: every kind of credential, at every endpoint that accepts it, against every
// way of taking access away. Rows come from the endpoints' table, columns from the removals; a new
// endpoint without a prover fails here, a new credential or removal does not compile (fate.hpp).
//
// Each cell proves acceptance first, then what the removal did, then that giving back what was
// taken revives nothing that had died.
#include <doctest/doctest.h>

#include <array>
#include <iomanip>
#include <sstream>
#include <string>

#include "tests/matrix/provers.hpp"

namespace curfew::matrix {

namespace {

constexpr std::size_t kFates = 3;

struct RowCounts {
  std::size_t endpoints = 0;
  std::array<std::size_t, kFates> cells{};  // by Fate
};

// Of a credential whose use changes it: in a world of its own.
bool is_accepted_elsewhere(const EndpointSpec& endpoint, CredentialKind credential,
                           RemovalKind removal) {
  MatrixWorld world{removal};
  const auto presented = present(world, endpoint, credential);
  return presented && presented->try_it();
}

void check_fate(Fate fate, const Presented& presented, MatrixWorld& world) {
  switch (fate) {
    case Fate::dies:
      CHECK_FALSE(presented.try_it());
      world.give_back();
      CHECK_FALSE(presented.try_it());
      return;
    case Fate::suspends:
      CHECK_FALSE(presented.try_it());
      world.give_back();
      CHECK(presented.try_it());
      return;
    case Fate::lives:
      CHECK(presented.try_it());
      world.give_back();
      if (!presented.changes_by_use) CHECK(presented.try_it());
      return;
  }
}

void check_cell(const EndpointSpec& endpoint, CredentialKind credential, RemovalKind removal,
                RowCounts& counts) {
  CAPTURE(endpoint.name);
  CAPTURE(to_string(credential));
  CAPTURE(to_string(removal));
  MatrixWorld world{removal};
  const auto presented = present(world, endpoint, credential);
  REQUIRE_MESSAGE(presented, "the matrix does not know how this credential is presented here");
  const bool accepted = presented->changes_by_use
                            ? is_accepted_elsewhere(endpoint, credential, removal)
                            : presented->try_it();
  REQUIRE(accepted);

  world.take_away();
  const Fate fate = fate_of(credential, presented->use, removal);
  check_fate(fate, *presented, world);
  ++counts.cells[static_cast<std::size_t>(fate)];
}

void print(const std::array<RowCounts, kCredentialKinds.size()>& rows) {
  std::ostringstream table;
  table << std::left << std::setw(20) << "credential" << std::right << std::setw(10) << "endpoints"
        << std::setw(8) << "cells" << std::setw(8) << "dies" << std::setw(10) << "suspends"
        << std::setw(8) << "lives" << "\n";
  std::size_t total = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& [endpoints, cells] = rows[i];
    const std::size_t all = cells[0] + cells[1] + cells[2];
    total += all;
    table << std::left << std::setw(20) << to_string(kCredentialKinds[i]) << std::right
          << std::setw(10) << endpoints << std::setw(8) << all << std::setw(8) << cells[0]
          << std::setw(10) << cells[1] << std::setw(8) << cells[2] << "\n";
  }
  MESSAGE("cells held: " << total << "\n" << table.str());
}

TEST_CASE("what a removal ends is refused everywhere, and giving back revives nothing") {
  std::array<RowCounts, kCredentialKinds.size()> rows{};
  for (const EndpointSpec& endpoint : all_endpoints()) {
    for (const CredentialKind credential : endpoint.accepts) {
      RowCounts& counts = rows[static_cast<std::size_t>(credential)];
      ++counts.endpoints;
      for (const RemovalKind removal : kRemovalKinds) {
        check_cell(endpoint, credential, removal, counts);
      }
    }
  }
  print(rows);
  // A credential that no endpoint accepts would be held against nothing.
  for (const RowCounts& counts : rows) CHECK(counts.endpoints > 0);
}

TEST_CASE("taking an application's role asks for new tokens, which it may get") {
  MatrixWorld world{RemovalKind::remove_role};
  const std::string own = world.server.app_token("api://files/.default").access();
  const std::string persons = world.new_tokens("api://files").access();
  Removal removal;
  removal.kind = RemovalKind::remove_role;
  removal.app_id = world.server.web;
  removal.role_id = RoleId{std::string{definition_of(Role::global_administrator).template_id}};
  world.server.take_away(removal);
  CHECK_FALSE(ServerFixture::is_active(world.server.introspect(own)));
  CHECK(ServerFixture::is_active(
      world.server.introspect(world.server.app_token("api://files/.default").access())));
  // A person's token names the application too: it is renewed silently.
  CHECK_FALSE(ServerFixture::is_active(world.server.introspect(persons)));
}

TEST_CASE("every removal ends at least one credential that lives otherwise") {
  for (const RemovalKind removal : kRemovalKinds) {
    CAPTURE(to_string(removal));
    bool ends_something = false;
    for (const CredentialKind credential : kCredentialKinds) {
      ends_something = ends_something || fate_of(credential, Use::plain, removal) == Fate::dies;
    }
    CHECK(ends_something);
  }
}

}  // namespace

}  // namespace curfew::matrix
