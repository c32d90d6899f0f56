// tests/fuzz/fuzz_config.cpp: settings that are taken are ones that a server can keep to, and are
// the same ones when written and read again; a refusal names file and line on one line.
//
// Covers: apps/curfewd/config.cpp io/address_network.cpp
#include <arpa/inet.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/curfewd/config.hpp"
#include "base/check.hpp"
#include "base/text.hpp"
#include "protocol/http/uri.hpp"

using namespace curfew;

namespace {

std::string quoted(std::string_view text) {
  std::string written = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      written += "\\u00" + hex_encode({&c, 1});
    } else {
      if (c == '"' || c == '\\') written += '\\';
      written += c;
    }
  }
  return written + "\"";
}

std::string time_of(Duration duration) {
  return quoted(std::to_string(duration.count() / 1000) + "s");
}

std::string list_of(const std::vector<ListenAddress>& addresses) {
  std::string list = "[";
  for (const ListenAddress& one : addresses) {
    const bool is_v6 = one.address.find(':') != std::string::npos;
    const std::string host = is_v6 ? "[" + one.address + "]" : one.address;
    list += quoted(host + ":" + std::to_string(one.port)) + ",";
  }
  return list + "]";
}

std::string list_of(const std::vector<AddressNetwork>& networks) {
  std::string list = "[";
  for (const AddressNetwork& one : networks) list += quoted(to_text(one)) + ",";
  return list + "]";
}

std::string yes_or_no(bool is_on) { return is_on ? "true" : "false"; }

// Every setting, spelled in our own way.
std::string to_toml(const ServerConfig& config) {
  constexpr std::array kLevels{"debug", "info", "warning", "error"};
  const LifetimePolicy& times = config.lifetimes;
  std::string toml = "[server]\n";
  const auto line = [&toml](std::string_view name, const std::string& value) {
    toml.append(name).append(" = ").append(value).append("\n");
  };
  if (!config.base_url.empty()) line("base_url", quoted(config.base_url));
  line("listen", list_of(config.listen));
  line("listen_plain", list_of(config.listen_plain));
  line("forwarded_for", yes_or_no(config.forwarded_for));
  line("listen_mtls", list_of(config.listen_mtls));
  if (!config.mtls_base_url.empty()) line("mtls_base_url", quoted(config.mtls_base_url));
  line("client_ca_file", quoted(config.client_ca_file));
  line("certificate_file", quoted(config.certificate_file));
  line("private_key_file", quoted(config.private_key_file));
  line("threads", std::to_string(config.threads));
  line("password_threads", std::to_string(config.password_threads));
  line("connections_max", std::to_string(config.connections_max));
  toml += "[tokens]\n";
  line("access_token", time_of(times.access_token));
  line("access_token_random", yes_or_no(times.access_token_random));
  line("continuous_access_token", time_of(times.continuous_access_token));
  line("id_token", time_of(times.id_token));
  line("authorization_code", time_of(times.authorization_code));
  line("refresh_token_idle", time_of(times.refresh_token_idle));
  line("refresh_token_spa", time_of(times.refresh_token_spa));
  line("refresh_grace", time_of(times.refresh_grace));
  toml += "[sessions]\n";
  line("idle", time_of(times.session_idle));
  line("persistent_idle", time_of(times.persistent_session_idle));
  line("giving_sign_in_age", time_of(times.giving_sign_in_age));
  toml += "[registration]\n";
  line("enabled", yes_or_no(config.registers_clients));
  toml += "[mail]\n";
  if (!config.mail.url.empty()) line("smtp_url", quoted(config.mail.url));
  if (!config.password_reset.mail_from.empty())
    line("from", quoted(config.password_reset.mail_from));
  line("username", quoted(config.mail.username));
  line("password_file", quoted(config.mail_password_file));
  line("ca_file", quoted(config.mail.ca_file));
  toml += "[password_reset]\n";
  line("self_service", yes_or_no(config.password_reset.self_service));
  line("administrators", yes_or_no(config.password_reset.administrators));
  line("code", time_of(config.password_reset.code_lifetime));
  line("contact", quoted(config.password_reset.contact));
  toml += "[notifications]\n";
  const ReceiverOptions& receivers = config.receivers;
  line("private_addresses", receivers.private_networks.empty()
                                ? yes_or_no(receivers.private_addresses)
                                : list_of(receivers.private_networks));
  if (!config.receivers.ca_file.empty()) line("ca_file", quoted(config.receivers.ca_file));
  toml += "[log]\n";
  line("level", quoted(kLevels.at(static_cast<std::size_t>(config.log_level))));
  line("sign_ins_kept", time_of(config.pruning.sign_ins_kept));
  return toml;
}

void check_addresses(const std::vector<ListenAddress>& addresses) {
  for (const ListenAddress& one : addresses) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    const int family = one.address.find(':') == std::string::npos ? AF_INET : AF_INET6;
    CURFEW_CHECK(inet_pton(family, one.address.c_str(), bytes.data()) == 1);
    CURFEW_CHECK(one.address.find('\0') == std::string::npos);
  }
}

void check_taken(const ServerConfig& config) {
  check_addresses(config.listen);
  check_addresses(config.listen_plain);
  check_addresses(config.listen_mtls);
  for (const std::string& origin : {config.base_url, config.mtls_base_url}) {
    if (origin.empty()) continue;
    const Result<Uri> uri = parse_uri(origin);
    CURFEW_CHECK(uri.ok() && uri->scheme == "https" && uri->origin() == origin);
  }
  CURFEW_CHECK(!config.receivers.private_addresses || config.receivers.private_networks.empty());
  CURFEW_CHECK(config.receivers.private_networks.size() <= 64);
  CURFEW_CHECK(config.threads <= 64 && config.password_threads <= 64);
  CURFEW_CHECK(config.lifetimes.continuous_access_token <= kAccessTokenLifetimeMax);
  const std::string written = to_toml(config);
  const Result<ServerConfig> again = parse_config(written, "f");
  CURFEW_CHECK(again.ok());
  CURFEW_CHECK(to_toml(*again) == written);
  CURFEW_CHECK(again->receivers.private_networks == config.receivers.private_networks);
}

void check_refused(const std::string& message) {
  CURFEW_CHECK(message.starts_with("f:"));
  CURFEW_CHECK(is_utf8(message));
  for (const char c : message) CURFEW_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const Result<ServerConfig> config = parse_config(text, "f");
  if (config.ok()) {
    check_taken(*config);
  } else {
    check_refused(config.error().message());
  }
  return 0;
}
