// The generated matrix: every kind of credential, at every endpoint that accepts it, against every
// way of taking access away. Rows come from the endpoints' table, columns from the removals; a new
// endpoint without a prover fails here, a new credential or removal does not compile (fate.hpp).
//
// Each cell proves acceptance first, then what the removal did, then that giving back what was
// taken revives nothing that had died. Faults planted in the server and in this test itself are in
// tests/mutants: the matrix has to notice them.
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

Seen observe(const EndpointSpec& endpoint, CredentialKind credential, RemovalKind removal,
             const Presented& presented, MatrixWorld& world) {
  Seen seen;
  seen.before = presented.changes_by_use ? is_accepted_elsewhere(endpoint, credential, removal)
                                         : presented.try_it();
  world.take_away();
  seen.after = presented.try_it();
  world.give_back();
  const bool is_used_up = presented.changes_by_use && seen.after;
  if (!is_used_up) seen.given_back = presented.try_it();
  return seen;
}

void check_cell(const EndpointSpec& endpoint, CredentialKind credential, RemovalKind removal,
                RowCounts& counts) {
  CAPTURE(endpoint.name);
  CAPTURE(to_string(credential));
  CAPTURE(to_string(removal));
  MatrixWorld world{removal};
  const auto presented = present(world, endpoint, credential);
  REQUIRE_MESSAGE(presented, "the matrix does not know how this credential is presented here");
  const Fate fate = fate_of(credential, presented->use, removal);
  CHECK(complaint(fate, observe(endpoint, credential, removal, *presented, world)) == "");
  ++counts.cells[static_cast<std::size_t>(fate)];
}

std::size_t total_of(const RowCounts& counts) {
  return counts.cells[0] + counts.cells[1] + counts.cells[2];
}

void print(const std::array<RowCounts, kCredentialKinds.size()>& rows) {
  std::ostringstream table;
  table << std::left << std::setw(20) << "credential" << std::right << std::setw(10) << "endpoints"
        << std::setw(8) << "cells" << std::setw(8) << "dies" << std::setw(10) << "suspends"
        << std::setw(8) << "lives" << "\n";
  std::size_t total = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& [endpoints, cells] = rows[i];
    const std::size_t all = total_of(rows[i]);
    total += all;
    table << std::left << std::setw(20) << to_string(kCredentialKinds[i]) << std::right
          << std::setw(10) << endpoints << std::setw(8) << all << std::setw(8) << cells[0]
          << std::setw(10) << cells[1] << std::setw(8) << cells[2] << "\n";
  }
  MESSAGE("figure: cells held: " << total);
  MESSAGE("by credential\n" << table.str());
}

std::size_t cells_to_hold() {
  std::size_t count = 0;
  for (const EndpointSpec& endpoint : all_ways_in()) {
    count += endpoint.accepts.size() * kRemovalKinds.size();
  }
  return count;
}

TEST_CASE("what a removal ends is refused everywhere, and giving back revives nothing") {
  std::array<RowCounts, kCredentialKinds.size()> rows{};
  for (const EndpointSpec& endpoint : all_ways_in()) {
    for (const CredentialKind credential : endpoint.accepts) {
      RowCounts& counts = rows[static_cast<std::size_t>(credential)];
      ++counts.endpoints;
      const std::size_t before = total_of(counts);
      for (const RemovalKind removal : kRemovalKinds) {
        check_cell(endpoint, credential, removal, counts);
      }
      REQUIRE(total_of(counts) - before == kRemovalKinds.size());
    }
  }
  print(rows);
  // A credential that no endpoint accepts would be held against nothing.
  for (const RowCounts& counts : rows) CHECK(counts.endpoints > 0);
  std::size_t total = 0;
  for (const RowCounts& counts : rows) total += total_of(counts);
  CHECK(total == cells_to_hold());
}

// Whether nobody gets anything new there between the removal and giving back.
bool closes_the_door(RemovalKind removal) {
  switch (removal) {
    case RemovalKind::revoke_user:
    case RemovalKind::disable_user:
    case RemovalKind::disable_device:
    case RemovalKind::disable_app:
    case RemovalKind::remove_assignment:
    case RemovalKind::remove_group_member: return true;
    case RemovalKind::tighten_app:
    case RemovalKind::tighten_device:
    case RemovalKind::revoke_sessions:
    case RemovalKind::reset_password:
    case RemovalKind::remove_consent:
    case RemovalKind::remove_role:
    case RemovalKind::end_session:
    case RemovalKind::end_grant:
    case RemovalKind::remove_app_secret:
    case RemovalKind::hold_key:
    case RemovalKind::remove_client_key:
    case RemovalKind::remove_api_key:
    case RemovalKind::remove_registration_token:
    case RemovalKind::remove_method:
    case RemovalKind::withdraw_key:
    case RemovalKind::reauth_tenant: return false;
  }
  CURFEW_CHECK(false);
}

// Without this the cells above could prove that giving back revives nothing by giving back nothing.
TEST_CASE("after giving back, a new sign-in gets what the removal had taken") {
  for (const RemovalKind removal : kRemovalKinds) {
    CAPTURE(to_string(removal));
    MatrixWorld world{removal};
    CHECK(world.can_begin_anew());
    world.take_away();
    CHECK(world.can_begin_anew() == !closes_the_door(removal));
    world.give_back();
    CHECK(world.can_begin_anew());
  }
}

TEST_CASE("a removed key ends what the application got with it for itself, and no other token") {
  MatrixWorld world{RemovalKind::remove_client_key};
  const std::string with_key =
      world.server
          .token(world.signer.as_client(
              {{"grant_type", "client_credentials"}, {"scope", "api://files/.default"}}))
          .access();
  const std::string with_secret = world.server.app_token("api://files/.default").access();
  CHECK(ServerFixture::is_active(world.server.introspect(with_key)));
  world.take_away();
  CHECK_FALSE(ServerFixture::is_active(world.server.introspect(with_key)));
  CHECK(ServerFixture::is_active(world.server.introspect(with_secret)));
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

}  // namespace

}  // namespace curfew::matrix
