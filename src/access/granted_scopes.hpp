// access/granted_scopes.hpp: which permissions of a resource a client was granted for one person.
// Pure.
//
// An entry of App::admin_consented_scopes and Consent::scopes is "<identifier>/<name>", where the
// identifier is any identifier URI, or the id, of the resource: "api://files/Files.Read". The OIDC
// scopes (openid, profile, email, offline_access) are no permissions of a resource and need no
// entry: every application here was registered by the tenant's own administrator, and MSAL adds
// them to each request.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/application.hpp"

namespace curfew {

// Our own administrator's API (/curfew/v1).
[[nodiscard]] bool is_admin_api(const App& resource);
// The Graph API (/v1.0).
[[nodiscard]] bool is_graph_api(const App& resource);
// What gates follow.
[[nodiscard]] bool is_gate_feed(const App& resource);
// An enrolled gate: it has the permission to follow, which nobody gets but by enrolling, and gets
// tokens for nothing else.
[[nodiscard]] bool is_gate(const App& client);

// Whether a permission of the resource is given by an administrator alone, so that no person can
// agree to it: those of our own APIs that reach further than the person. Whoever holds directory
// roles would hand them to any application with one click.
[[nodiscard]] bool needs_administrator(const App& resource, std::string_view name);

// resource.exposed_scopes without what can be no permission's name: a "x/y" of "api://r" must not
// be read as y of "api://r/x", nor a "read admin" as two scopes.
[[nodiscard]] std::vector<std::string> offered_names(const App& resource);

// The names among offered_names() that an administrator gave the client itself, for what it does
// without a person: an entry of App::application_permissions each.
[[nodiscard]] std::vector<std::string> application_names(const App& client, const App& resource);

// The names among offered_names() that the administrator or, where that suffices, the
// person agreed to, in that order; `consent`: the person's own for this client, if any.
[[nodiscard]] std::vector<std::string> granted_names(const App& client, const App& resource,
                                                     const std::optional<Consent>& consent);

// How a consent is stored: "<first identifier>/<name>".
[[nodiscard]] std::string consent_entry(const App& resource, std::string_view name);

// The app calls itself so, or is called so by clients: one of its identifier URIs, or its id.
[[nodiscard]] bool is_called(const App& resource, std::string_view identifier);

}  // namespace curfew
