#include "revocation/fence/held_objects.hpp"

#include <utility>
#include <vector>

#include "model/application.hpp"
#include "revocation/object_name.hpp"
#include "store/schema.hpp"
#include "store/schema_clients.hpp"
#include "store/schema_password_reset.hpp"
#include "store/schema_registration.hpp"

namespace curfew {

namespace {

constexpr std::size_t kMethodsAtOnce = 1'000;  // some milliseconds

HeldObject of_app(ReadTx& tx, const TenantId& tenant_id, const AppId& app, std::string_view what) {
  return {KeyKind::application, app.str(),
          std::string{what} + " of " + name_of_object(tx, tenant_id, app.str())};
}

}  // namespace

void HeldObjects::look_for(const Key& key) {
  if (key.kind == KeyKind::authenticator) authenticators_.insert(key.id);
}

Result<bool> HeldObjects::read_some(ReadTx& tx) {
  if (!has_begun_) {
    has_begun_ = true;
    if (authenticators_.empty()) return false;
    CURFEW_TRY_STATUS(read_client_authenticators(tx));
    return true;
  }
  return read_methods(tx);
}

// Applications have a few each.
Status HeldObjects::read_client_authenticators(ReadTx& tx) {
  Query query;
  query.prefix = keys_of(tenant_id_);  // no limit, here and below
  CURFEW_TRY(const auto secrets, scan_as<AppSecret>(tx, query));
  for (const AppSecret& secret : secrets) {
    if (!authenticators_.contains(secret.id)) continue;
    found_[authenticator_key(secret.id)] = of_app(tx, tenant_id_, secret.app_id, "client secret");
  }
  CURFEW_TRY(const auto keys, scan_as<ClientKey>(tx, query));
  for (const ClientKey& key : keys) {
    if (!authenticators_.contains(key.id)) continue;
    found_[authenticator_key(key.id)] = of_app(tx, tenant_id_, key.app_id, "client key");
  }
  return Done{};
}

Result<bool> HeldObjects::read_methods(ReadTx& tx) {
  Query query;
  query.prefix = keys_of(tenant_id_);
  if (!after_.empty()) query.above = after_;
  query.limit = kMethodsAtOnce;
  CURFEW_TRY(const auto methods, scan_as<EmailMethod>(tx, query));
  for (const EmailMethod& method : methods) {
    if (!authenticators_.contains(method.authenticator_id)) continue;
    const std::string& user = method.user_id.str();
    found_[authenticator_key(method.authenticator_id)] = {
        KeyKind::user, user, "email method of " + name_of_object(tx, tenant_id_, user)};
  }
  if (!methods.empty()) after_ = methods.back().user_id.str();
  return methods.size() == kMethodsAtOnce;
}

Result<std::optional<HeldObject>> HeldObjects::credential(ReadTx& tx, const std::string& id) const {
  CURFEW_TRY(const auto key, load<ApiKey>(tx, tenant_id_, id));
  if (key) {
    return std::optional{
        HeldObject{KeyKind::application, key->app_id.str(), "API key " + key->display_name}};
  }
  CURFEW_TRY(const auto token, load<RegistrationToken>(tx, tenant_id_, id));
  if (!token) return std::optional<HeldObject>{};
  if (token->enrols_app_id) {
    return std::optional{of_app(tx, tenant_id_, *token->enrols_app_id, "enrolment code")};
  }
  return std::optional{
      HeldObject{KeyKind::application, "", "initial access token " + token->display_name}};
}

Result<std::optional<HeldObject>> HeldObjects::find(ReadTx& tx, const Key& key) const {
  if (key.kind == KeyKind::credential) return credential(tx, key.id);
  const auto found = found_.find(key);
  return found == found_.end() ? std::nullopt : std::optional{found->second};
}

}  // namespace curfew
