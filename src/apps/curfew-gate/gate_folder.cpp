#include "apps/curfew-gate/gate_folder.hpp"

#include <boost/json.hpp>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/text.hpp"
#include "gate/feed/gate_limits.hpp"
#include "io/file.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

Result<std::optional<GateKey>> key_if_there(const std::string& path) {
  CURFEW_TRY(const auto pem, read_if_there(path));
  if (!pem) return std::optional<GateKey>{};
  auto key = key_of_pem(*pem);
  if (key) return std::move(key);
  return Error::permanent(ErrorCode::corrupted,
                          path +
                              " is not the private key that this program wrote; restore it, or "
                              "remove it and enrol again with a new code");
}

Result<std::vector<std::string>> servers_in(const boost::json::object& json) {
  CURFEW_TRY(std::vector<std::string> servers, get_strings(json, "servers"));
  if (servers.empty() || servers.size() > gate_limits::kServerAddressesMax) {
    return Error::permanent(ErrorCode::invalid_argument, "servers has no address, or too many");
  }
  for (const std::string& server : servers) {
    CURFEW_TRY_STATUS(check_https("servers", server));
  }
  return servers;
}

}  // namespace

Status check_https(const std::string& name, const std::string& address) {
  if (address.starts_with("https://")) return Done{};
  return Error::permanent(ErrorCode::invalid_argument, name + " is not an https address");
}

Result<GateIdentity> read_identity(const boost::json::object& json) {
  GateIdentity identity;
  CURFEW_TRY(identity.client_id, get_string(json, "client_id"));
  CURFEW_TRY(identity.name, get_string(json, "name"));
  CURFEW_TRY(identity.mode, get_string(json, "mode"));
  CURFEW_TRY(identity.tenant_id, get_string(json, "tenant_id"));
  CURFEW_TRY(identity.issuer, get_string(json, "issuer"));
  CURFEW_TRY(identity.servers, servers_in(json));
  CURFEW_TRY(identity.token_endpoint, get_string(json, "token_endpoint"));
  CURFEW_TRY(identity.jwks_uri, get_string(json, "jwks_uri"));
  CURFEW_TRY(const auto* const jwks, get_object(json, "jwks"));
  identity.jwks = serialize_json(*jwks);
  CURFEW_TRY(identity.resource, get_string(json, "resource"));
  CURFEW_TRY(const auto kid, get_optional_string(json, "kid"));
  identity.kid = kid.value_or("");
  CURFEW_TRY_STATUS(check_https("issuer", identity.issuer));
  CURFEW_TRY_STATUS(check_https("token_endpoint", identity.token_endpoint));
  CURFEW_TRY_STATUS(check_https("jwks_uri", identity.jwks_uri));
  return identity;
}

std::string GateFolder::ca_file() const {
  std::error_code failed;
  return std::filesystem::exists(file("ca.pem"), failed) ? file("ca.pem") : std::string{};
}

Result<std::optional<GateIdentity>> GateFolder::identity() const {
  CURFEW_TRY(const auto text, read_if_there(file("gate.json")));
  if (!text) return std::optional<GateIdentity>{};
  const auto json = parse_json_object(*text);
  if (!json.ok()) return json.error().within("reading " + file("gate.json"));
  auto identity = read_identity(*json);
  if (!identity.ok()) return identity.error().within("reading " + file("gate.json"));
  return std::optional{std::move(identity).value()};
}

Result<std::optional<std::string>> read_if_there(const std::string& path) {
  auto text = read_file(path, kFileOfOursBytesMax);
  if (text.ok()) return std::optional{std::move(text).value()};
  if (text.error().code() == ErrorCode::not_found) return std::optional<std::string>{};
  return text.error();
}

Result<GateIdentity> GateFolder::enrolled_identity() const {
  CURFEW_TRY(auto gate, identity());
  if (gate) return *std::move(gate);
  return Error{ErrorCode::not_found, Retry::after_human,
               "there is no gate in " + path_ +
                   "; make one with `curfew gate add NAME` at the server and `curfew-gate enrol` "
                   "here, or say with --data where it is"};
}

Result<bool> GateFolder::settle() const {
  CURFEW_TRY(const auto known, identity());
  if (!known) return false;
  CURFEW_TRY(const auto waiting, key_if_there(file("enrolling.pem")));
  if (!waiting || waiting->kid != known->kid) return false;
  std::error_code failed;
  std::filesystem::rename(file("enrolling.pem"), file("key.pem"), failed);
  if (failed) {
    return Error::permanent(ErrorCode::unavailable,
                            file("enrolling.pem") + " could not be renamed to key.pem (" +
                                failed.message() + "); the same command works again once it can");
  }
  CURFEW_TRY_STATUS(sync_directory(path_));
  return true;
}

Result<GateKey> GateFolder::key(const GateIdentity& identity) const {
  CURFEW_TRY(auto key, key_if_there(file("key.pem")));
  if (key && key->kid == identity.kid) return *std::move(key);
  return Error{
      ErrorCode::corrupted, Retry::after_human,
      file("key.pem") + (key ? " is not the key" : " is missing, the key") +
          " that gate.json was written for; restore it, or enrol again: `curfew gate add " +
          identity.name + " --again` at the server gives a code for `curfew-gate enrol --again`"};
}

Result<GateKey> GateFolder::enrolling_key() const {
  CURFEW_TRY(auto waiting, key_if_there(file("enrolling.pem")));
  if (waiting) return *std::move(waiting);
  CURFEW_TRY(GateKey key, new_key());
  CURFEW_TRY_STATUS(write_file_atomic(file("enrolling.pem"), pem_of(key), 0600));
  return key;
}

Status GateFolder::enrolled(boost::json::object answer, const GateKey& key,
                            const std::string& ca_pem) const {
  answer["kid"] = key.kid;
  if (!ca_pem.empty()) {
    CURFEW_TRY_STATUS(write_file_atomic(file("ca.pem"), ca_pem, 0600));
  }
  CURFEW_TRY_STATUS(write_file_atomic(file("gate.json"), serialize_json(answer) + "\n", 0600));
  CURFEW_TRY_STATUS(settle());
  return Done{};
}

}  // namespace curfew
