#include "apps/curfewd/init.hpp"

#include <filesystem>

#include "api/builtin_apps.hpp"
#include "api/directory/directory_index.hpp"
#include "api/token_keys.hpp"
#include "base/text.hpp"
#include "crypto/password_hash.hpp"
#include "crypto/random.hpp"
#include "crypto/x509.hpp"
#include "io/file.hpp"
#include "model/role.hpp"
#include "store/journal.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

constexpr std::size_t kOneTimePasswordBytes = 15;  // 120 bits, 20 characters

Error refused(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

Status check_options(const InitOptions& options) {
  const bool domain_is_plain = !options.domain.empty() && options.domain.size() <= 253 &&
                               options.domain.find_first_not_of(
                                   "abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string::npos &&
                               options.domain.find('.') != std::string::npos;
  if (!domain_is_plain) {
    return refused("--domain must be a domain name in lower case such as contoso.com");
  }
  std::error_code ignored;
  if (std::filesystem::exists(options.folder.path, ignored) &&
      !std::filesystem::is_empty(options.folder.path, ignored)) {
    return Error::permanent(ErrorCode::conflict, options.folder.path +
                                                     " is not empty; choose another folder for "
                                                     "--data, or move this one away first");
  }
  return Done{};
}

Status write_certificates(const InitOptions& options, TimePoint now) {
  CURFEW_TRY(const CertifiedKey ca,
             make_development_ca("Curfew development CA (" + options.domain + ")", now));
  std::vector<std::string> names{options.host};
  for (const char* const name : {"localhost", "127.0.0.1", "::1"}) {
    if (options.host != name) names.emplace_back(name);
  }
  CURFEW_TRY(const CertifiedKey server, issue_server_certificate(ca, names, now));
  const DataFolder& folder = options.folder;
  CURFEW_TRY_STATUS(create_file(folder.ca(), ca.certificate_pem, 0644));
  CURFEW_TRY_STATUS(create_file(folder.ca_key(), ca.private_key_pem.reveal(), 0600));
  CURFEW_TRY_STATUS(create_file(folder.certificate(), server.certificate_pem, 0644));
  return create_file(folder.certificate_key(), server.private_key_pem.reveal(), 0600);
}

Status write_config(const InitOptions& options, const std::string& base_url) {
  const std::string text =
      "# Settings of this server. Every key has a safe default: see docs/configuration.md.\n"
      "[server]\n"
      "base_url = \"" +
      base_url +
      "\"\n"
      "listen = [\"127.0.0.1:" +
      std::to_string(options.port) + "\"]\n";
  return create_file(options.folder.config(), text, 0644);
}

Result<User> make_administrator(const InitOptions& options, const TenantId& tenant_id,
                                const Secret& password, TimePoint now) {
  User admin;
  admin.tenant_id = tenant_id;
  admin.id = UserId{new_guid()};
  admin.user_principal_name = ascii_lower(options.admin_name + "@" + options.domain);
  admin.display_name = "First administrator";
  CURFEW_TRY(admin.password_hash, hash_password(password));
  admin.password_id = new_guid();
  admin.last_password_change_at = now;
  admin.force_change_password = true;
  admin.created_at = now;
  return admin;
}

Status write_signing_keys(WriteTx& tx, const TenantId& tenant_id, const Secret& master,
                          TimePoint now) {
  const std::pair<KeyUse, TokenAlg> wanted[] = {{KeyUse::token, TokenAlg::es256},
                                                {KeyUse::token, TokenAlg::rs256},
                                                {KeyUse::report, TokenAlg::es256}};
  for (const auto& [use, alg] : wanted) {
    CURFEW_TRY(const StoredSigningKey key,
               make_signing_key(tenant_id, use, alg, KeyState::active, master, now));
    CURFEW_TRY_STATUS(add(tx, key));
  }
  return Done{};
}

Status write_tenant(WriteTx& tx, Journal& journal, const Tenant& tenant, const User& admin,
                    const Secret& master, const std::string& base_url, TimePoint now) {
  CURFEW_TRY_STATUS(add(tx, tenant));
  // The journal's first entry: from here on every stamp is a real position.
  CURFEW_TRY_STATUS(journal.append(
      tx, {key_of(tenant.id), Effect::reauth, "", std::nullopt, "tenant_created"}, now));
  CURFEW_TRY_STATUS(mark_directory_index_built(tx, tenant.id));
  CURFEW_TRY_STATUS(add_user_row(tx, admin));
  const RoleDefinition& role = definition_of(Role::global_administrator);
  CURFEW_TRY_STATUS(add(
      tx, RoleAssignment{tenant.id, admin.id.str(), RoleId{std::string{role.template_id}}, now}));
  for (const App& app : built_in_apps(tenant.id, base_url, now)) {
    CURFEW_TRY_STATUS(add(tx, app));
  }
  return write_signing_keys(tx, tenant.id, master, now);
}

}  // namespace

Result<InitResult> init_data_folder(const InitOptions& options) {
  CURFEW_TRY_STATUS(check_options(options));
  const TimePoint now = SystemClock{}.now();
  CURFEW_TRY_STATUS(make_private_directory(options.folder.path));
  CURFEW_TRY_STATUS(create_master_key(options.folder));
  CURFEW_TRY(const Secret master, read_master_key(options.folder));
  CURFEW_TRY_STATUS(write_certificates(options, now));

  const std::string port = options.port == 443 ? "" : ":" + std::to_string(options.port);
  InitResult result;
  result.base_url = "https://" + options.host + port;
  CURFEW_TRY_STATUS(write_config(options, result.base_url));

  const Tenant tenant{TenantId{new_guid()},
                      options.display_name.empty() ? options.domain : options.display_name,
                      {options.domain},
                      now};
  Secret password{random_token(kOneTimePasswordBytes)};
  CURFEW_TRY(const User admin, make_administrator(options, tenant.id, password, now));
  // Before the store: its writer publishes here after the commit.
  LiveJournal live;
  Journal journal{tenant.id, live};
  CURFEW_TRY(const auto store, open_sqlite_store({options.folder.database()}));
  CURFEW_TRY_STATUS(store->write_and_wait(Urgency::normal, [&](WriteTx& tx) {
    return write_tenant(tx, journal, tenant, admin, master, result.base_url, now);
  }));

  result.tenant_id = tenant.id.str();
  result.admin_user_principal_name = admin.user_principal_name;
  result.one_time_password = std::move(password);
  return result;
}

std::string trust_instructions(const std::string& ca_file) {
  return "  Node      export NODE_EXTRA_CA_CERTS=" + ca_file +
         "\n"
         "  curl      curl --cacert " +
         ca_file +
         " ...\n"
         "  Chromium  certutil -A -d sql:$HOME/.pki/nssdb -n curfew-dev -t C,, -i " +
         ca_file +
         "   (package libnss3-tools)\n"
         "  Firefox   Settings, Certificates, Authorities, Import\n";
}

std::string describe(const InitOptions& options, const InitResult& result) {
  return "Made " + options.folder.path + " for " + options.domain + ".\n\n" +  //
         "  tenant         " + result.tenant_id + "\n" +                       //
         "  administrator  " + result.admin_user_principal_name + "\n" +       //
         "  password       " + std::string{result.one_time_password.reveal()} +
         "   (works once; shown only now)\n" + "  address        " + result.base_url + "\n\n" +  //
         "Start it:\n  curfewd serve --data " + options.folder.path + "\n\n" +
         "Trust its development authority, " + options.folder.ca() + ":\n" +
         trust_instructions(options.folder.ca());
}

}  // namespace curfew
