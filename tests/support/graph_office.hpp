// tests/support/graph_office.hpp: an administrator at work with the Graph API.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "model/graph_permission.hpp"
#include "tests/support/admin_office.hpp"

namespace curfew::test {

struct GraphReply {
  int status = 0;
  boost::json::object body;
  HttpResponse http;

  [[nodiscard]] std::string code() const { return at("error", "code"); }
  [[nodiscard]] std::string message() const { return at("error", "message"); }
  [[nodiscard]] std::string at(std::string_view outer, std::string_view inner) const {
    const auto* object = body.if_contains(outer);
    const auto* found = object == nullptr || !object->is_object()
                            ? nullptr
                            : object->as_object().if_contains(inner);
    return found != nullptr && found->is_string() ? std::string{found->as_string()} : "";
  }
  [[nodiscard]] std::string text(std::string_view member) const {
    const auto* found = body.if_contains(member);
    return found != nullptr && found->is_string() ? std::string{found->as_string()} : "";
  }
  [[nodiscard]] const boost::json::array& value() const { return body.at("value").as_array(); }
  // One member of each element, joined by spaces.
  [[nodiscard]] std::string values(std::string_view member) const {
    std::vector<std::string> found;
    for (const auto& element : value()) {
      const auto* one = element.as_object().if_contains(member);
      found.emplace_back(one != nullptr && one->is_string() ? std::string{one->as_string()} : "-");
    }
    return join(found, " ");
  }
  [[nodiscard]] std::string header(std::string_view name) const {
    const auto values_of = http.headers.all(name);
    return values_of.empty() ? std::string{} : std::string{values_of.front()};
  }
};

// Payroll has every permission of Graph, for people and by itself; tests take some away.
struct GraphOffice : Office {
  GraphOffice() { permit({}); }

  // Those only; none: every one.
  void permit(const std::vector<std::string>& names) {
    server.change<App>(server.web, [&](App& app) {
      app.admin_consented_scopes.clear();
      for (const GraphPermission& permission : graph_permissions()) {
        const std::string name{permission.name};
        const bool wanted = names.empty() || std::ranges::find(names, name) != names.end();
        if (wanted) app.admin_consented_scopes.push_back(std::string{kGraphResource} + "/" + name);
      }
      app.application_permissions = app.admin_consented_scopes;
    });
  }
  std::string token_of(const UserId& user) {
    ServerFixture::CodeOptions wanted;
    wanted.resource = std::string{kGraphResource};
    wanted.scopes = {"offline_access", std::string{kGraphResource} + "/.default"};
    // As msal does: it can be told to come back for a newer token.
    wanted.claims = R"({"access_token":{"xms_cc":{"values":["cp1"]}}})";
    return server.redeem(server.add_code(server.add_session(user).row, wanted)).access();
  }
  std::string token_of_john_as(Role role) {
    give_role(server.john.str(), role);
    return token_of(server.john);
  }
  std::string app_token() {
    return server.app_token(std::string{kGraphResource} + "/.default").access();
  }

  GraphReply ask(const std::string& bearer, HttpMethod method, const std::string& target,
                 const std::string& body = "", const Fields& headers = {}) {
    Fields all = headers;
    if (!bearer.empty()) all.emplace_back("Authorization", "Bearer " + bearer);
    HttpRequest request = server.get(target, all);
    request.method = method;
    request.body = body;
    if (!body.empty()) request.headers.add("Content-Type", "application/json");
    GraphReply reply;
    reply.http = server.send(std::move(request));
    reply.status = reply.http.status;
    auto parsed = parse_json_object(reply.http.body, {.bytes_max = reply.http.body.size() + 1});
    if (parsed.ok()) reply.body = std::move(parsed).value();
    return reply;
  }
  GraphReply get(const std::string& bearer, const std::string& below, const Fields& headers = {}) {
    return ask(bearer, HttpMethod::get, "/v1.0" + below, "", headers);
  }
  GraphReply eventual(const std::string& bearer, const std::string& below) {
    return get(bearer, below, {{"ConsistencyLevel", "eventual"}});
  }
  GraphReply patch(const std::string& bearer, const std::string& below, const std::string& body) {
    return ask(bearer, HttpMethod::patch, "/v1.0" + below, body);
  }
  GraphReply post(const std::string& bearer, const std::string& below,
                  const std::string& body = "") {
    return ask(bearer, HttpMethod::post, "/v1.0" + below, body);
  }
  GraphReply remove(const std::string& bearer, const std::string& below) {
    return ask(bearer, HttpMethod::delete_, "/v1.0" + below);
  }
  // The path and query of an absolute link of ours.
  [[nodiscard]] std::string target_of(const std::string& link) const {
    return link.starts_with(server.base_url) ? link.substr(server.base_url.size()) : "";
  }

  UserId add_person(const std::string& name, const std::string& display_name = "",
                    const std::string& properties = "{}") {
    User user;
    user.tenant_id = server.tenant;
    user.id = UserId{new_guid()};
    user.user_principal_name = name;
    user.display_name = display_name.empty() ? name : display_name;
    user.password_id = new_guid();
    user.created_at = server.clock.now();
    user.properties = properties;
    server.put(user);
    return user.id;
  }
};

}  // namespace curfew::test
