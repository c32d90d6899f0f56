// tests/matrix/matrix_world.hpp: one server in which every removal takes something away, and the
// credentials that are held against it.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/password_reset/reset_code.hpp"
#include "model/built_in_app_ids.hpp"
#include "model/signals_app.hpp"
#include "protocol/global_revocation/global_revocation.hpp"
#include "store/schema_gates.hpp"
#include "store/schema_password_reset.hpp"
#include "store/schema_registration.hpp"
#include "tests/matrix/fate.hpp"
#include "tests/support/client_certificate.hpp"
#include "tests/support/client_signer.hpp"
#include "tests/support/device_flow.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_receivers.hpp"

namespace curfew::matrix {

using test::Fields;
using test::ServerFixture;
using test::TestBrowser;
using test::TokenAnswer;

class MatrixWorld {
 public:
  // The person is assigned to the web application directly; where the removal is of the group's
  // membership, through the group alone, so that the removal takes the assignment along.
  explicit MatrixWorld(RemovalKind removal) : removal_(removal) {
    const bool through_group = removal == RemovalKind::remove_group_member;
    server.change<App>(server.web, [](App& app) {
      app.assignment_required = true;
      const std::string reading = std::string{kGraphResource} + "/User.Read.All";
      app.admin_consented_scopes.push_back(reading);
      app.application_permissions.push_back(reading);
      app.application_permissions.push_back(std::string{kGraphResource} +
                                            "/User.RevokeSessions.All");
      app.application_permissions.push_back(std::string{kSignalsResource} + "/ssf.manage");
    });
    server.put(GroupMember{server.tenant, server.staff, server.john, server.clock.now()});
    server.put(assignment(through_group));
    server.put(consent());
    for (const Role role : {Role::global_administrator, Role::helpdesk_administrator}) {
      server.put(role_of(server.john.str(), role));
    }
    server.put(role_of(server.web.str(), Role::global_administrator));
    server.put(AppSecret{server.tenant, server.web, "second-secret",
                         sha256_base64url(second_secret), "sec", std::nullopt, server.clock.now()});
    session_ = server.add_session(server.john, server.laptop);
    active_key_ = server.keys->active_key(TokenAlg::es256);
    api_key = server.add_api_key(server.web,
                                 {"api://files/Files.Read", "api://curfew/manage",
                                  std::string{kGraphResource} + "/User.Read.All"},
                                 server.john);
    api_key_id_ = server.all<ApiKey>().front().id;
    add_ledger();
    add_registration();
    add_gate();
    signer.row().x5t_s256 = certificate.x5t_s256();
    server.put(signer.row());
    add_email_method();
    static_cast<void>(new_tokens("api://files"));  // so that there is always a grant to end
  }

  ServerFixture server;
  test::DeviceFlow flow{server};
  const std::string second_secret = "second-secret-0123456789";
  std::string api_key;
  const std::string initial_access_token = "initial-access-token-0123456789";
  const std::string registration_access_token = "registration-access-token-0123456789";
  const std::string gate_code = "gate-enrolment-code-0123456789";
  test::NotifyRig notify{server};
  test::ClientSigner signer{server, server.web};  // the key that remove_client_key removes
  test::TestCertificate certificate{{.now = server.clock.now()}};  // of the same row

  [[nodiscard]] const test::SeededSession& session() const { return session_; }

  // Requests of the web application with the secret that no removal is about, so that the
  // credential itself is what is judged.
  [[nodiscard]] Fields with_second_secret(Fields fields) const {
    std::erase_if(fields, [](const auto& field) { return field.first == "client_secret"; });
    fields.emplace_back("client_secret", second_secret);
    return fields;
  }

  std::string new_code(const std::string& resource, const std::vector<std::string>& scopes) {
    ServerFixture::CodeOptions options;
    options.resource = resource;
    options.scopes = scopes;
    return server.add_code(session_.row, options);
  }
  // Tokens of the person for this resource; empty: userinfo. Their grant is among those that
  // end_grant ends.
  TokenAnswer new_tokens(const std::string& resource) {
    std::vector<std::string> scopes{"openid", "profile", "offline_access"};
    if (!resource.empty()) scopes.push_back(resource + "/.default");
    const std::string code = new_code(resource, scopes);
    TokenAnswer answer = server.token(with_second_secret(server.code_fields(code)));
    REQUIRE(answer.ok());
    return answer;
  }
  // Whether a sign-in of now, on the same device, would lead to tokens.
  [[nodiscard]] bool can_begin_anew() {
    const test::SeededSession fresh = server.add_session(server.john, server.laptop);
    const std::string code = server.add_code(fresh.row, ServerFixture::CodeOptions{});
    return server.token(with_second_secret(server.code_fields(code))).ok();
  }
  [[nodiscard]] TestBrowser signed_in_browser() { return server.browser_of(session_); }

  // The text of a code, as a mail would bring it.
  std::string new_reset_code() {
    std::string code;
    server.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY(const auto made,
                 make_reset_code(tx, *server.context, server.upn, server.clock.now()));
      if (made) code = made->code.reveal();
      return Done{};
    });
    REQUIRE_FALSE(code.empty());
    return code;
  }

  // Files calls Ledger on behalf of whoever calls it.
  TokenAnswer on_behalf_of(const std::string& assertion) {
    return server.token(as_files({{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
                                  {"requested_token_use", "on_behalf_of"},
                                  {"assertion", assertion},
                                  {"scope", "offline_access api://ledger/.default"}}));
  }
  [[nodiscard]] Fields as_files(Fields fields) const {
    fields.emplace_back("client_id", server.files.str());
    fields.emplace_back("client_secret", server.files_secret);
    return fields;
  }

  // A token of an identity provider's, signed by the key that remove_client_key removes. Nobody is
  // named, so that nobody is revoked: let in is anything but 401 and 403.
  bool lets_provider_in() {
    const std::string path =
        server.path(std::string{kGlobalRevocationPath} + "/" + server.web.str());
    boost::json::object header = signer.header();
    header["typ"] = kGlobalRevocationTyp;
    boost::json::object claims = signer.claims();
    claims["aud"] = server.base_url + path;
    HttpRequest request = server.get(
        path, {{"Authorization", "Bearer " + test::sign_compact(signer.key(), header, claims)}});
    request.method = HttpMethod::post;
    const int status = server.send(std::move(request)).status;
    return status != 401 && status != 403;
  }

  // From now on the removal of an initial access token is about the code of a gate.
  void remove_the_gate_code() { registration_token_id_ = "gate-code"; }

  // From now on the web application is a gate, whose key is the one that remove_client_key removes.
  void become_gate() {
    server.change<App>(server.web, [](App& app) {
      app.application_permissions = {std::string{kGateFeedPermission}};
    });
    Gate gate;
    gate.tenant_id = server.tenant;
    gate.app_id = server.web;
    gate.name = "web";
    gate.enrolled_at = server.clock.now();
    server.put(gate);
  }

  // A change of somebody whom no removal is about.
  void touch_somebody() {
    User somebody;
    somebody.tenant_id = server.tenant;
    somebody.id = UserId{"99999999-9999-4999-8999-999999999999"};
    somebody.user_principal_name = "somebody@contoso.com";
    somebody.display_name = "Touched " + std::to_string(++touches_);
    server.put(somebody);
  }

  void take_away() {
    if (removal_ != RemovalKind::end_grant) return server.take_away(removal_of(std::nullopt));
    for (const Grant& grant : server.all<Grant>()) server.take_away(removal_of(grant.id));
  }

  // The act that gives back what the removal took, where there is one.
  void give_back() {
    switch (removal_) {
      case RemovalKind::revoke_user:
      case RemovalKind::disable_user:
        return server.give_back(RestoralKind::enable_user, server.john.str());
      case RemovalKind::disable_device:
        return server.give_back(RestoralKind::enable_device, server.laptop.str());
      case RemovalKind::disable_app:
        return server.give_back(RestoralKind::enable_app, server.web.str());
      case RemovalKind::hold_key:
        return server.give_back(RestoralKind::release_authenticator, server.web_secret_id);
      case RemovalKind::remove_assignment: return server.put(assignment(false));
      case RemovalKind::remove_consent: return server.put(consent());
      case RemovalKind::remove_role:
        return server.put(role_of(server.john.str(), Role::helpdesk_administrator));
      case RemovalKind::remove_group_member:
        return server.put(
            GroupMember{server.tenant, server.staff, server.john, server.clock.now()});
      case RemovalKind::tighten_app:
      case RemovalKind::tighten_device:
      case RemovalKind::revoke_sessions:
      case RemovalKind::reset_password:
      case RemovalKind::end_session:
      case RemovalKind::end_grant:
      case RemovalKind::remove_app_secret:
      case RemovalKind::remove_client_key:
      case RemovalKind::remove_api_key:
      case RemovalKind::remove_registration_token:
      case RemovalKind::remove_method:
      case RemovalKind::withdraw_key:
      case RemovalKind::reauth_tenant: return;  // for good: only something new can be made
    }
  }

 private:
  void add_email_method() {
    EmailMethod method;
    method.tenant_id = server.tenant;
    method.user_id = server.john;
    method.authenticator_id = "email-method-of-john";
    method.email_address = "john@example.com";
    method.created_at = server.clock.now();
    server.put(method);
    server.context->password_reset.sends_mail = true;
    server.context->password_reset.administrators = true;  // John holds roles here
    server.context->password_reset.mail_from = "curfew@contoso.com";
  }
  void add_ledger() {
    App app;
    app.tenant_id = server.tenant;
    app.id = AppId{"88888888-8888-4888-8888-888888888888"};
    app.display_name = "Ledger";
    app.identifier_uris = {"api://ledger"};
    app.exposed_scopes = {"Ledger.Read"};
    app.status_list = true;
    server.put(app);
    server.change<App>(server.files, [](App& files) {
      files.status_list = true;
      files.admin_consented_scopes = {"api://ledger/Ledger.Read"};
    });
  }
  [[nodiscard]] RegistrationToken token_of_john(const std::string& id, const std::string& text) {
    RegistrationToken token;
    token.tenant_id = server.tenant;
    token.id = id;
    token.hash = sha256_base64url(text);
    token.maker_kind = ActorKind::user;
    token.maker_id = server.john.str();
    token.grant_types = {"authorization_code"};
    token.uses_left = 100;
    token.auth_as_of = server.head();
    token.created_at = server.clock.now();
    token.expires_at = server.clock.now() + std::chrono::hours{1};
    return token;
  }
  // The person lets a machine become a gate.
  void add_gate() {
    App app;
    app.tenant_id = server.tenant;
    app.id = AppId{"99999999-9999-4999-8999-000000000000"};
    app.display_name = "Gate edge";
    server.put(app);
    Gate gate;
    gate.tenant_id = server.tenant;
    gate.app_id = app.id;
    gate.name = "edge";
    server.put(gate);
    RegistrationToken code = token_of_john("gate-code", gate_code);
    code.enrols_app_id = app.id;
    server.put(code);
  }
  // The person lets others register applications; the web application came so.
  void add_registration() {
    server.context->registers_clients = true;
    const RegistrationToken token = token_of_john(registration_token_id_, initial_access_token);
    server.put(token);
    Registration registration;
    registration.tenant_id = server.tenant;
    registration.app_id = server.web;
    registration.id = "registration";
    registration.hash = sha256_base64url(registration_access_token);
    registration.token_id = token.id;
    registration.maker_kind = token.maker_kind;
    registration.maker_id = token.maker_id;
    registration.metadata = "{}";
    registration.auth_as_of = server.head();
    registration.created_at = server.clock.now();
    server.put(registration);
  }
  [[nodiscard]] AppAssignment assignment(bool through_group) const {
    return {server.tenant, server.web, through_group ? PrincipalKind::group : PrincipalKind::user,
            through_group ? server.staff.str() : server.john.str(), server.clock.now()};
  }
  [[nodiscard]] Consent consent() const {
    return {server.tenant, server.john, server.web, {"api://files/Files.Read"}, server.clock.now()};
  }
  [[nodiscard]] RoleAssignment role_of(const std::string& principal, Role role) const {
    return {server.tenant, principal, RoleId{std::string{definition_of(role).template_id}},
            server.clock.now()};
  }
  [[nodiscard]] Removal removal_of(const std::optional<GrantId>& grant) const {
    Removal removal;
    removal.kind = removal_;
    removal.user_id = server.john;
    removal.device_id = server.laptop;
    // With an application, remove_role is about that application's role.
    if (removal_ != RemovalKind::remove_role) removal.app_id = server.web;
    removal.session_id = session_.row.id;
    removal.grant_id = grant;
    removal.key_id = active_key_;
    removal.role_id = RoleId{std::string{definition_of(Role::helpdesk_administrator).template_id}};
    if (removal_ == RemovalKind::remove_group_member) removal.group_id = server.staff;
    if (removal_ == RemovalKind::remove_app_secret) removal.object_id = server.web_secret_id;
    if (removal_ == RemovalKind::hold_key) {
      removal.object_id = to_string(authenticator_key(server.web_secret_id));
    }
    if (removal_ == RemovalKind::remove_client_key) removal.object_id = signer.key_id();
    if (removal_ == RemovalKind::remove_api_key) removal.object_id = api_key_id_;
    if (removal_ == RemovalKind::remove_registration_token) {
      removal.object_id = registration_token_id_;
    }
    if (removal_ == RemovalKind::reset_password) {
      removal.password_hash = hash_password(Secret{std::string_view{"another password"}},
                                            {.iterations = 1, .memory_kib = 64})
                                  .value();
    }
    return removal;
  }

  RemovalKind removal_;
  int touches_ = 0;
  test::SeededSession session_;
  KeyId active_key_;
  std::string api_key_id_;
  std::string registration_token_id_ = "registration-token";
};

}  // namespace curfew::matrix
