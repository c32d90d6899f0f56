// apps/curfewd/config.hpp: the server's settings: a TOML file with a safe default for every key.
//
// An unknown key, a wrong type or a value out of range is refused with file, line and the valid
// choices; nothing is guessed. docs/configuration.md is the same table in prose.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "access/lifetime.hpp"
#include "api/notify/receiver_calls.hpp"
#include "api/ops/housekeeping.hpp"
#include "api/reset_policy.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "gate/ledger/lease_ledger.hpp"
#include "io/smtp_client.hpp"

namespace curfew {

struct ListenAddress {
  std::string address;  // numeric
  std::uint16_t port = 0;
};

struct ServerConfig {
  // What clients reach the server by; the issuer is made of it, so changing it later ends every
  // token.
  std::string base_url;
  std::vector<ListenAddress> listen{{"127.0.0.1", 8443}};  // TLS
  std::vector<ListenAddress> listen_plain;                 // loopback only
  // TLS where clients may present certificates of theirs (RFC 8705), and its base_url; both or
  // none.
  std::vector<ListenAddress> listen_mtls;
  std::string mtls_base_url;
  std::string client_ca_file;    // PEM of the authorities that clients' names are believed from
  bool forwarded_for = false;    // listen_plain: a proxy names the client in X-Forwarded-For
  std::string certificate_file;  // empty: the data folder's own certificate
  std::string private_key_file;
  std::size_t threads = 0;           // I/O threads; 0: one for each core
  std::size_t password_threads = 0;  // 0: half of the cores, at least one
  std::size_t connections_max = 20'000;
  LifetimePolicy lifetimes;
  LogLevel log_level = LogLevel::info;
  PrunePolicy pruning;
  bool registers_clients = false;  // applications may register themselves (RFC 7591)
  SmtpServer mail;                 // url empty: no mail is sent; the password is in the file
  std::string mail_password_file;
  PasswordResetPolicy password_reset;
  ReceiverOptions receivers;  // of change notifications
  LedgerSettings gates;       // their leases
};

// `name` is how messages call the text: the file's path.
[[nodiscard]] Result<ServerConfig> parse_config(std::string_view toml, const std::string& name);

// "127.0.0.1:8443", "[::1]:8443", "0.0.0.0:443".
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace curfew
