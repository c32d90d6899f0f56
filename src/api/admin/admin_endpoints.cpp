#include "api/admin/admin_endpoints.hpp"

#include <algorithm>

#include "api/admin/api_keys.hpp"
#include "api/admin/app_body.hpp"
#include "api/admin/app_roles.hpp"
#include "api/admin/apps.hpp"
#include "api/admin/client_keys.hpp"
#include "api/admin/devices.hpp"
#include "api/admin/fence.hpp"
#include "api/admin/gates.hpp"
#include "api/admin/groups.hpp"
#include "api/admin/registration_tokens.hpp"
#include "api/admin/remove_objects.hpp"
#include "api/admin/revocations.hpp"
#include "api/admin/sources.hpp"
#include "api/admin/streams.hpp"
#include "api/admin/targets.hpp"
#include "api/admin/users.hpp"

namespace curfew {

namespace {

using R = AdminRight;
using M = HttpMethod;

// What is accepted at every endpoint here: users' and applications' access tokens, and API keys.
// The local socket needs no credential of ours.
const std::vector<CredentialKind> kAccepts{
    CredentialKind::access_token, CredentialKind::app_access_token, CredentialKind::api_key};

// What the bodies may say.
constexpr BodyMembers<7> kNewUser{"userPrincipalName",
                                  "displayName",
                                  "mail",
                                  "userType",
                                  "breakGlass",
                                  "password",
                                  "forceChangePasswordNextSignIn"};
constexpr BodyMembers<4> kChangedUser{"displayName", "mail", "accountEnabled", "breakGlass"};
constexpr BodyMembers<2> kNewGroup{"displayName", "isAssignableToRole"};
constexpr auto kChangedApp = [] {
  BodyMembers<kAppMembers.size() + 2> members{"accountEnabled"};
  std::ranges::copy(kAppMembers, members.begin() + 1);
  members.back() = "commandEndpoint";
  return members;
}();
constexpr BodyMembers<2> kAssignment{"userId", "groupId"};
constexpr BodyMembers<3> kNewDevice{"displayName", "operatingSystem", "registeredOwner"};
constexpr BodyMembers<2> kChangedDevice{"displayName", "accountEnabled"};
constexpr BodyMembers<5> kNewKey{"appId", "displayName", "scopes", "owner", "lifetimeDays"};
constexpr BodyMembers<7> kRevocation{"subject",           "mode",   "also",  "since",
                                     "removeAssignments", "reason", "dryRun"};

EndpointSpec row(std::string_view name, HttpMethod method, std::string_view path,
                 EndpointHandler handler) {
  return {name, {method}, path, handler, kAccepts, ErrorStyle::graph, WhenRolledBack::serves};
}

// What gives something away that may have been taken from somebody: not while the journal is known
// to lack entries.
EndpointSpec giving(EndpointSpec spec) {
  spec.when_rolled_back = WhenRolledBack::refuses;
  return spec;
}

void add_users(std::vector<EndpointSpec>& rows) {
  rows.push_back(row("list_users", M::get, "/curfew/v1/users",
                     &admin_endpoint<R::read_directory, &list_users>));
  rows.push_back(giving(row("add_user", M::post, "/curfew/v1/users",
                            &admin_endpoint<R::manage_users, &add_user, kNewUser, 201>)));
  rows.push_back(row("show_user", M::get, "/curfew/v1/users/{id}",
                     &admin_endpoint<R::read_directory, &show_user>));
  rows.push_back(row("change_user", M::patch, "/curfew/v1/users/{id}",
                     &admin_endpoint<R::revoke, &change_user, kChangedUser>));
  rows.push_back(row("remove_user", M::delete_, "/curfew/v1/users/{id}",
                     &admin_endpoint<R::manage_users, &remove_user>));
  rows.push_back(row("show_access", M::get, "/curfew/v1/users/{id}/access",
                     &admin_endpoint<R::read_directory, &show_access>));
  rows.push_back(row("reset_user_password", M::post, "/curfew/v1/users/{id}/password",
                     &admin_endpoint<R::revoke, &reset_user_password>));
  rows.push_back(row("list_user_sessions", M::get, "/curfew/v1/users/{id}/sessions",
                     &admin_endpoint<R::read_directory, &list_user_sessions>));
  rows.push_back(row("end_user_sessions", M::delete_, "/curfew/v1/users/{id}/sessions",
                     &admin_endpoint<R::revoke, &end_user_sessions>));
  rows.push_back(row("end_user_session", M::delete_, "/curfew/v1/users/{id}/sessions/{session}",
                     &admin_endpoint<R::revoke, &end_user_session>));
  rows.push_back(row("list_user_roles", M::get, "/curfew/v1/users/{id}/roles",
                     &admin_endpoint<R::read_directory, &list_user_roles>));
  rows.push_back(giving(row("add_user_role", M::put, "/curfew/v1/users/{id}/roles/{role}",
                            &admin_endpoint<R::manage_roles, &add_user_role>)));
  rows.push_back(row("remove_user_role", M::delete_, "/curfew/v1/users/{id}/roles/{role}",
                     &admin_endpoint<R::manage_roles, &remove_user_role>));
}

void add_groups(std::vector<EndpointSpec>& rows) {
  rows.push_back(row("list_groups", M::get, "/curfew/v1/groups",
                     &admin_endpoint<R::read_directory, &list_groups>));
  rows.push_back(giving(row("add_group", M::post, "/curfew/v1/groups",
                            &admin_endpoint<R::manage_groups, &add_group, kNewGroup, 201>)));
  rows.push_back(row("show_group", M::get, "/curfew/v1/groups/{id}",
                     &admin_endpoint<R::read_directory, &show_group>));
  rows.push_back(row("remove_group", M::delete_, "/curfew/v1/groups/{id}",
                     &admin_endpoint<R::manage_groups, &remove_group>));
  rows.push_back(row("list_members", M::get, "/curfew/v1/groups/{id}/members",
                     &admin_endpoint<R::read_directory, &list_members>));
  rows.push_back(giving(row("add_member", M::put, "/curfew/v1/groups/{id}/members/{user}",
                            &admin_endpoint<R::manage_groups, &add_member>)));
  rows.push_back(row("remove_member", M::delete_, "/curfew/v1/groups/{id}/members/{user}",
                     &admin_endpoint<R::manage_groups, &remove_member>));
}

void add_apps(std::vector<EndpointSpec>& rows) {
  rows.push_back(
      row("list_apps", M::get, "/curfew/v1/apps", &admin_endpoint<R::read_directory, &list_apps>));
  rows.push_back(giving(row("add_app", M::post, "/curfew/v1/apps",
                            &admin_endpoint<R::manage_apps, &add_app, kAppMembers, 201>)));
  rows.push_back(row("show_app", M::get, "/curfew/v1/apps/{id}",
                     &admin_endpoint<R::read_directory, &show_app>));
  rows.push_back(row("change_app", M::patch, "/curfew/v1/apps/{id}",
                     &admin_endpoint<R::manage_apps, &change_app, kChangedApp>));
  rows.push_back(row("remove_app", M::delete_, "/curfew/v1/apps/{id}",
                     &admin_endpoint<R::manage_apps, &remove_app>));
  rows.push_back(row("list_app_roles", M::get, "/curfew/v1/apps/{id}/roles",
                     &admin_endpoint<R::read_directory, &list_app_roles>));
  rows.push_back(giving(row("add_app_role", M::put, "/curfew/v1/apps/{id}/roles/{role}",
                            &admin_endpoint<R::manage_roles, &add_app_role>)));
  rows.push_back(row("remove_app_role", M::delete_, "/curfew/v1/apps/{id}/roles/{role}",
                     &admin_endpoint<R::manage_roles, &remove_app_role>));
  rows.push_back(row("list_app_secrets", M::get, "/curfew/v1/apps/{id}/secrets",
                     &admin_endpoint<R::manage_apps, &list_app_secrets>));
  rows.push_back(giving(row("add_app_secret", M::post, "/curfew/v1/apps/{id}/secrets",
                            &admin_endpoint<R::manage_apps, &add_app_secret, kNoMembers, 201>)));
  rows.push_back(row("remove_app_secret", M::delete_, "/curfew/v1/apps/{id}/secrets/{key}",
                     &admin_endpoint<R::manage_apps, &remove_app_secret>));
  rows.push_back(row("list_client_keys", M::get, "/curfew/v1/apps/{id}/keys",
                     &admin_endpoint<R::manage_apps, &list_client_keys>));
  rows.push_back(
      giving(row("add_client_keys", M::post, "/curfew/v1/apps/{id}/keys",
                 &admin_endpoint<R::manage_apps, &add_client_keys, kNewClientKey, 201>)));
  rows.push_back(row("remove_client_key", M::delete_, "/curfew/v1/apps/{id}/keys/{key}",
                     &admin_endpoint<R::manage_apps, &remove_client_key>));
  rows.push_back(row("list_assignments", M::get, "/curfew/v1/apps/{id}/assignments",
                     &admin_endpoint<R::read_directory, &list_assignments>));
  rows.push_back(giving(row("add_assignment", M::post, "/curfew/v1/apps/{id}/assignments",
                            &admin_endpoint<R::manage_apps, &add_assignment, kAssignment, 201>)));
  rows.push_back(row("remove_assignment", M::delete_, "/curfew/v1/apps/{id}/assignments",
                     &admin_endpoint<R::manage_apps, &remove_assignment, kAssignment>));
}

void add_devices_and_keys(std::vector<EndpointSpec>& rows) {
  rows.push_back(row("list_devices", M::get, "/curfew/v1/devices",
                     &admin_endpoint<R::read_directory, &list_devices>));
  rows.push_back(giving(row("add_device", M::post, "/curfew/v1/devices",
                            &admin_endpoint<R::manage_devices, &add_device, kNewDevice, 201>)));
  rows.push_back(row("show_device", M::get, "/curfew/v1/devices/{id}",
                     &admin_endpoint<R::read_directory, &show_device>));
  rows.push_back(row("change_device", M::patch, "/curfew/v1/devices/{id}",
                     &admin_endpoint<R::manage_devices, &change_device, kChangedDevice>));
  rows.push_back(row("remove_device", M::delete_, "/curfew/v1/devices/{id}",
                     &admin_endpoint<R::manage_devices, &remove_device>));
  rows.push_back(row("list_api_keys", M::get, "/curfew/v1/keys",
                     &admin_endpoint<R::manage_apps, &list_api_keys>));
  rows.push_back(giving(row("add_api_key", M::post, "/curfew/v1/keys",
                            &admin_endpoint<R::manage_apps, &add_api_key, kNewKey, 201>)));
  rows.push_back(row("show_api_key", M::get, "/curfew/v1/keys/{id}",
                     &admin_endpoint<R::manage_apps, &show_api_key>));
  rows.push_back(row("remove_api_key", M::delete_, "/curfew/v1/keys/{id}",
                     &admin_endpoint<R::manage_apps, &remove_api_key>));
}

void add_registration_tokens(std::vector<EndpointSpec>& rows) {
  rows.push_back(row("list_registration_tokens", M::get, "/curfew/v1/registration-tokens",
                     &admin_endpoint<R::manage_apps, &list_registration_tokens>));
  rows.push_back(giving(
      row("add_registration_token", M::post, "/curfew/v1/registration-tokens",
          &admin_endpoint<R::manage_apps, &add_registration_token, kNewRegistrationToken, 201>)));
  rows.push_back(row("remove_registration_token", M::delete_, "/curfew/v1/registration-tokens/{id}",
                     &admin_endpoint<R::manage_apps, &remove_registration_token>));
}

void add_gates(std::vector<EndpointSpec>& rows) {
  rows.push_back(row("list_gates", M::get, "/curfew/v1/gates",
                     &admin_endpoint<R::read_directory, &list_gates>));
  rows.push_back(giving(row("add_gate", M::post, "/curfew/v1/gates",
                            &admin_endpoint<R::manage_apps, &add_gate, kNewGateMembers, 201>)));
  rows.push_back(row("show_gate", M::get, "/curfew/v1/gates/{id}",
                     &admin_endpoint<R::read_directory, &show_gate>));
  rows.push_back(row("remove_gate", M::delete_, "/curfew/v1/gates/{id}",
                     &admin_endpoint<R::manage_apps, &remove_gate>));
  rows.push_back(giving(row("add_gate_code", M::post, "/curfew/v1/gates/{id}/codes",
                            &admin_endpoint<R::manage_apps, &add_gate_code, kNoMembers, 201>)));
}

void add_fence(std::vector<EndpointSpec>& rows) {
  rows.push_back(row("show_fence", M::get, "/curfew/v1/fence",
                     &admin_endpoint<R::read_revocations, &show_fence>));
  rows.push_back(row("list_lost_blocks", M::get, "/curfew/v1/fence/blocks",
                     &admin_endpoint<R::read_revocations, &list_lost_blocks>));
  rows.push_back(row("keep_lost_block", M::post, "/curfew/v1/fence/blocks/{id}/keep",
                     &admin_endpoint<R::revoke, &keep_lost_block>));
  rows.push_back(giving(row("end_lost_block", M::post, "/curfew/v1/fence/blocks/{id}/end",
                            &admin_endpoint<R::revoke, &end_lost_block>)));
  rows.push_back(giving(row("end_lost_blocks", M::post, "/curfew/v1/fence/end",
                            &admin_endpoint<R::revoke, &end_lost_blocks, kEndLostBlocksMembers>)));
}

void add_sources(std::vector<EndpointSpec>& rows) {
  rows.push_back(row("list_sources", M::get, "/curfew/v1/sources",
                     &admin_endpoint<R::read_directory, &list_sources>));
  rows.push_back(giving(row("add_source", M::post, "/curfew/v1/sources",
                            &admin_endpoint<R::manage_apps, &add_source, kNewSourceMembers, 201>)));
  rows.push_back(row("show_source", M::get, "/curfew/v1/sources/{id}",
                     &admin_endpoint<R::read_directory, &show_source>));
  rows.push_back(row("change_source", M::patch, "/curfew/v1/sources/{id}",
                     &admin_endpoint<R::manage_apps, &change_source, kChangedSourceMembers>));
  rows.push_back(giving(row("renew_source_token", M::post, "/curfew/v1/sources/{id}/token",
                            &admin_endpoint<R::manage_apps, &renew_source_token, kNoMembers>)));
  rows.push_back(row("remove_source", M::delete_, "/curfew/v1/sources/{id}",
                     &admin_endpoint<R::manage_apps, &remove_source>));
}

void add_streams(std::vector<EndpointSpec>& rows) {
  rows.push_back(row("list_streams", M::get, "/curfew/v1/streams",
                     &admin_endpoint<R::read_directory, &list_streams>));
  rows.push_back(giving(row("add_stream", M::post, "/curfew/v1/streams",
                            &admin_endpoint<R::manage_apps, &add_stream, kNewStreamMembers, 201>)));
  rows.push_back(row("show_stream", M::get, "/curfew/v1/streams/{id}",
                     &admin_endpoint<R::read_directory, &show_stream>));
  rows.push_back(
      giving(row("change_stream", M::patch, "/curfew/v1/streams/{id}",
                 &admin_endpoint<R::manage_apps, &change_stream, kChangedStreamMembers>)));
  rows.push_back(row("remove_stream", M::delete_, "/curfew/v1/streams/{id}",
                     &admin_endpoint<R::manage_apps, &remove_stream>));
}

void add_targets(std::vector<EndpointSpec>& rows) {
  rows.push_back(row("list_targets", M::get, "/curfew/v1/targets",
                     &admin_endpoint<R::read_directory, &list_targets>));
  rows.push_back(row("add_target", M::post, "/curfew/v1/targets",
                     &admin_endpoint<R::manage_apps, &add_target, kTargetMembers, 201>));
  rows.push_back(row("show_target", M::get, "/curfew/v1/targets/{id}",
                     &admin_endpoint<R::read_directory, &show_target>));
  rows.push_back(row("change_target", M::patch, "/curfew/v1/targets/{id}",
                     &admin_endpoint<R::manage_apps, &change_target, kChangedTargetMembers>));
  rows.push_back(row("remove_target", M::delete_, "/curfew/v1/targets/{id}",
                     &admin_endpoint<R::manage_apps, &remove_target>));
}

void add_revocations(std::vector<EndpointSpec>& rows) {
  rows.push_back(row("list_revocations", M::get, "/curfew/v1/revocations",
                     &admin_endpoint<R::read_revocations, &list_revocations>));
  rows.push_back(row("add_revocation", M::post, "/curfew/v1/revocations",
                     &admin_endpoint<R::revoke, &add_revocation, kRevocation>));
  rows.push_back(row("show_revocation", M::get, "/curfew/v1/revocations/{id}",
                     &admin_endpoint<R::read_revocations, &show_revocation>));
  rows.push_back(
      row("revocation_report", M::get, "/curfew/v1/revocations/{id}/report", &report_endpoint));
  rows.push_back(
      row("revocation_events", M::get, "/curfew/v1/revocations/{id}/events", &events_endpoint));
  rows.push_back(giving(row("restore_revocation", M::post, "/curfew/v1/revocations/{id}/restore",
                            &admin_endpoint<R::revoke, &restore_revocation>)));
  rows.push_back(row("change_step", M::post, "/curfew/v1/revocations/{id}/steps/{step}/{verb}",
                     &admin_endpoint<R::revoke, &change_step>));
  rows.push_back(row("list_audit", M::get, "/curfew/v1/audit",
                     &admin_endpoint<R::read_revocations, &list_audit>));
  rows.push_back(row("show_report_keys", M::get, "/curfew/v1/report-keys",
                     &admin_endpoint<R::read_revocations, &show_report_keys>));
}

}  // namespace

std::vector<EndpointSpec> admin_endpoints() {
  std::vector<EndpointSpec> rows;
  add_users(rows);
  add_groups(rows);
  add_apps(rows);
  add_devices_and_keys(rows);
  add_registration_tokens(rows);
  add_gates(rows);
  add_fence(rows);
  add_streams(rows);
  add_targets(rows);
  add_sources(rows);
  add_revocations(rows);
  return rows;
}

}  // namespace curfew
