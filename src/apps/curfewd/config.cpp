#include "apps/curfewd/config.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <functional>

#include "apps/toml/toml.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"
#include "io/address_network.hpp"
#include "protocol/mail/message.hpp"
#include "protocol/oauth/redirect_uri.hpp"

// One row for each key: where it is, what it sets, what it may be. Refusals quote the row.

namespace curfew {

namespace {

using Setter = std::function<Status(ServerConfig&, const toml::node&)>;

struct Setting {
  std::string_view table;
  std::string_view key;
  std::string_view choices;
  Setter set;
};

// The reason is shown after the choices; empty where they say all.
Error wrong_value() { return Error::permanent(ErrorCode::invalid_argument, ""); }

// The time at config.*part.*member.
template <typename Part, typename Member>
Setter duration_in(Part part, Member member, Duration least, Duration most) {
  return [part, member, least, most](ServerConfig& config, const toml::node& node) -> Status {
    const auto text = node.value<std::string>();
    if (!text) return wrong_value();
    CURFEW_TRY(const Duration value, parse_duration(*text));
    if (value < least || value > most) return wrong_value();
    config.*part.*member = value;
    return Done{};
  };
}

template <typename Member>
Setter duration_between(Member member, Duration least, Duration most) {
  return duration_in(&ServerConfig::lifetimes, member, least, most);
}

// The switch at config.*path...
template <typename... Path>
Setter switch_at(Path... path) {
  return [path...](ServerConfig& config, const toml::node& node) -> Status {
    const auto value = node.value_exact<bool>();
    if (!value) return wrong_value();
    (config.*....*path) = *value;
    return Done{};
  };
}

template <typename Member>
Setter count_between(Member member, std::int64_t least, std::int64_t most) {
  return [member, least, most](ServerConfig& config, const toml::node& node) -> Status {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < least || *value > most) return wrong_value();
    config.*member = static_cast<std::size_t>(*value);
    return Done{};
  };
}

template <typename Member>
Setter text_of(Member member) {
  return [member](ServerConfig& config, const toml::node& node) -> Status {
    const auto value = node.value_exact<std::string>();
    if (!value) return wrong_value();
    config.*member = *value;
    return Done{};
  };
}

template <typename Member>
Setter addresses(Member member) {
  return [member](ServerConfig& config, const toml::node& node) -> Status {
    const toml::array* const list = node.as_array();
    if (list == nullptr) return wrong_value();
    std::vector<ListenAddress> parsed;
    for (const toml::node& item : *list) {
      const auto text = item.value_exact<std::string>();
      if (!text) return wrong_value();
      CURFEW_TRY(ListenAddress address, parse_listen_address(*text));
      parsed.push_back(std::move(address));
    }
    config.*member = std::move(parsed);
    return Done{};
  };
}

template <typename Member>
Setter origin_of(Member member) {
  return [member](ServerConfig& config, const toml::node& node) -> Status {
    const auto value = node.value_exact<std::string>();
    if (!value || !value->starts_with("https://") || !check_origin(*value).ok()) {
      return wrong_value();
    }
    config.*member = *value;
    return Done{};
  };
}

Status set_log_level(ServerConfig& config, const toml::node& node) {
  const auto value = node.value_exact<std::string>();
  const auto level = value ? parse_log_level(*value) : std::nullopt;
  if (!level) return wrong_value();
  config.log_level = *level;
  return Done{};
}

Status set_smtp_url(ServerConfig& config, const toml::node& node) {
  const auto value = node.value_exact<std::string>();
  if (!value || !check_smtp_url(*value).ok()) return wrong_value();
  config.mail.url = *value;
  return Done{};
}

Status set_mail_from(ServerConfig& config, const toml::node& node) {
  const auto value = node.value_exact<std::string>();
  if (!value || !is_mail_address(*value)) return wrong_value();
  config.password_reset.mail_from = *value;
  return Done{};
}

template <typename Part, typename Member>
Setter text_in(Part part, Member member) {
  return [part, member](ServerConfig& config, const toml::node& node) -> Status {
    const auto value = node.value_exact<std::string>();
    constexpr std::size_t kTextBytesMax = 256;
    if (!value || value->size() > kTextBytesMax) return wrong_value();
    config.*part.*member = *value;
    return Done{};
  };
}

// Each an entry of what is asked for every connection; more than a few are a firewall's work.
constexpr std::size_t kPrivateNetworksMax = 64;

Status set_private_addresses(ServerConfig& config, const toml::node& node) {
  ReceiverOptions& receivers = config.receivers;
  const toml::array* const list = node.as_array();
  receivers.private_networks.clear();
  if (list == nullptr) {
    return switch_at(&ServerConfig::receivers, &ReceiverOptions::private_addresses)(config, node);
  }
  receivers.private_addresses = false;
  if (list->size() > kPrivateNetworksMax) return wrong_value();
  for (const toml::node& item : *list) {
    const auto text = item.value_exact<std::string>();
    if (!text) return wrong_value();
    CURFEW_TRY(const AddressNetwork network, parse_address_network(*text));
    receivers.private_networks.push_back(network);
  }
  return Done{};
}

Status set_receivers_ca(ServerConfig& config, const toml::node& node) {
  const auto value = node.value_exact<std::string>();
  if (!value || value->empty()) return wrong_value();
  config.receivers.ca_file = *value;
  return Done{};
}

std::vector<Setting> server_settings() {
  using C = ServerConfig;
  return {
      {"server", "base_url", "\"https://host[:port]\" in lower case, without a slash at the end",
       origin_of(&C::base_url)},
      {"server", "listen", "a list such as [\"0.0.0.0:8443\"] (TLS)", addresses(&C::listen)},
      {"server", "listen_plain", "a list of loopback addresses such as [\"127.0.0.1:8080\"]",
       addresses(&C::listen_plain)},
      {"server", "listen_mtls",
       "a list such as [\"0.0.0.0:9443\"] (TLS that asks clients for certificates)",
       addresses(&C::listen_mtls)},
      {"server", "mtls_base_url",
       "\"https://host:port\" of listen_mtls, without a slash at the end",
       origin_of(&C::mtls_base_url)},
      {"server", "client_ca_file", "a path to a PEM file", text_of(&C::client_ca_file)},
      {"server", "forwarded_for",
       "true (the proxy before listen_plain names the client in X-Forwarded-For) or false",
       switch_at(&C::forwarded_for)},
      {"server", "certificate_file", "a path to a PEM file", text_of(&C::certificate_file)},
      {"server", "private_key_file", "a path to a PEM file", text_of(&C::private_key_file)},
      {"server", "threads", "a number from 0 (one for each core) to 64",
       count_between(&C::threads, 0, 64)},
      {"server", "password_threads", "a number from 0 (half of the cores) to 64",
       count_between(&C::password_threads, 0, 64)},
      {"server", "connections_max", "a number from 10 to 1000000",
       count_between(&C::connections_max, 10, 1'000'000)},
  };
}

std::vector<Setting> lifetime_settings() {
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  using L = LifetimePolicy;
  using C = ServerConfig;
  return {
      {"tokens", "access_token", "a time from \"10m\" to \"24h\"",
       duration_between(&L::access_token, minutes{10}, hours{24})},
      {"tokens", "access_token_random", "true (60 to 90 minutes at random) or false",
       switch_at(&C::lifetimes, &L::access_token_random)},
      {"tokens", "continuous_access_token", "a time from \"10m\" to \"28h\"",
       duration_between(&L::continuous_access_token, minutes{10}, kAccessTokenLifetimeMax)},
      {"tokens", "id_token", "a time from \"5m\" to \"24h\"",
       duration_between(&L::id_token, minutes{5}, hours{24})},
      {"tokens", "authorization_code", "a time from \"10s\" to \"10m\"",
       duration_between(&L::authorization_code, seconds{10}, minutes{10})},
      {"tokens", "refresh_token_idle", "a time from \"1h\" to \"365d\"",
       duration_between(&L::refresh_token_idle, hours{1}, hours{24 * 365})},
      {"tokens", "refresh_token_spa", "a time from \"1h\" to \"90d\"",
       duration_between(&L::refresh_token_spa, hours{1}, hours{24 * 90})},
      {"tokens", "refresh_grace", "a time from \"0s\" to \"60s\"",
       duration_between(&L::refresh_grace, seconds{0}, seconds{60})},
      {"sessions", "idle", "a time from \"5m\" to \"90d\"",
       duration_between(&L::session_idle, minutes{5}, hours{24 * 90})},
      {"sessions", "persistent_idle", "a time from \"1h\" to \"365d\"",
       duration_between(&L::persistent_session_idle, hours{1}, hours{24 * 365})},
      {"sessions", "giving_sign_in_age", "\"0s\" (any), or a time to \"24h\"",
       duration_between(&L::giving_sign_in_age, seconds{0}, hours{24})},
  };
}

std::vector<Setting> other_settings() {
  using C = ServerConfig;
  using P = PasswordResetPolicy;
  return {
      {"registration", "enabled",
       "true (applications may register themselves with a token that an administrator made) or "
       "false",
       switch_at(&C::registers_clients)},
      {"mail", "smtp_url", "\"smtps://host[:port]\", or \"smtp://host[:port]\" with STARTTLS",
       set_smtp_url},
      {"mail", "from", "the sender's address, such as \"curfew@contoso.com\"", set_mail_from},
      {"mail", "username", "a text", text_in(&C::mail, &SmtpServer::username)},
      {"mail", "password_file", "a path to a file that holds the password",
       text_of(&C::mail_password_file)},
      {"mail", "ca_file", "a path to a PEM file", text_in(&C::mail, &SmtpServer::ca_file)},
      {"password_reset", "self_service", "true (people may, by mail) or false",
       switch_at(&C::password_reset, &P::self_service)},
      {"password_reset", "administrators",
       "true (those who hold a directory role may as well) or false",
       switch_at(&C::password_reset, &P::administrators)},
      {"password_reset", "code", "a time from \"5m\" to \"1h\"",
       duration_in(&C::password_reset, &P::code_lifetime, std::chrono::minutes{5},
                   std::chrono::hours{1})},
      {"password_reset", "contact", "whom to ask, such as \"the service desk, 555 0100\"",
       text_in(&C::password_reset, &P::contact)},
      {"notifications", "private_addresses",
       "true (receivers may be in networks of your own, and on this machine), false, or a list of "
       "at most 64 networks where they may be, such as [\"10.1.0.0/16\", \"fd00:1::/32\"]",
       set_private_addresses},
      {"notifications", "ca_file", "a path to a PEM file", set_receivers_ca},
      {"gates", "lease", "a time from \"1s\" to \"60s\"",
       duration_in(&C::gates, &LedgerSettings::lease, gate_limits::kLeaseTimeMin,
                   gate_limits::kLeaseTimeMax)},
      {"gates", "drift", "a time from \"1s\" to \"30s\"",
       duration_in(&C::gates, &LedgerSettings::drift, std::chrono::seconds{1},
                   gate_limits::kDriftMax)},
      {"log", "level", "\"debug\", \"info\", \"warning\" or \"error\"", set_log_level},
      {"log", "sign_ins_kept", "a time from \"1d\" to \"3650d\"",
       duration_in(&C::pruning, &PrunePolicy::sign_ins_kept, std::chrono::hours{24},
                   std::chrono::hours{24 * 3650})},
  };
}

// In the order of docs/configuration.md.
const std::vector<Setting>& settings() {
  static const std::vector<Setting> rows = [] {
    std::vector<Setting> all = server_settings();
    for (const auto& more : {lifetime_settings(), other_settings()}) {
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }();
  return rows;
}

std::string place(const std::string& name, const toml::source_region& source) {
  return name + ":" + std::to_string(source.begin.line);
}

std::string valid_names(std::string_view table) {
  std::vector<std::string> names;
  for (const Setting& setting : settings()) {
    if (table.empty()) {
      const std::string heading = "[" + std::string{setting.table} + "]";
      if (names.empty() || names.back() != heading) names.push_back(heading);
    } else if (setting.table == table) {
      names.emplace_back(setting.key);
    }
  }
  return join(names, ", ");
}

Error refuse(const std::string& where, const std::string& what) {
  return Error::permanent(ErrorCode::invalid_argument, where + ": " + what);
}

Status apply_setting(ServerConfig& config, const std::string& name, std::string_view table,
                     std::string_view key, const toml::node& node) {
  for (const Setting& setting : settings()) {
    if (setting.table != table || setting.key != key) continue;
    const Status done = setting.set(config, node);
    if (done.ok()) return Done{};
    const std::string& reason = done.error().message();
    return refuse(place(name, node.source()), std::string{table} + "." + std::string{key} +
                                                  " must be " + std::string{setting.choices} +
                                                  (reason.empty() ? "" : ": " + reason));
  }
  return refuse(place(name, node.source()), "[" + std::string{table} + "] has no key \"" +
                                                escape_for_display(key) + "\"; it knows " +
                                                valid_names(table));
}

Status apply_table(ServerConfig& config, const std::string& name, std::string_view table,
                   const toml::node& node) {
  const std::string known = valid_names(table);
  const toml::table* const entries = node.as_table();
  if (known.empty() || entries == nullptr) {
    return refuse(place(name, node.source()), "there is no table \"" + escape_for_display(table) +
                                                  "\"; there are " + valid_names(""));
  }
  for (const auto& [key, value] : *entries) {
    CURFEW_TRY_STATUS(apply_setting(config, name, table, key.str(), value));
  }
  return Done{};
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

bool is_ip_address(int family, std::string_view text) {
  // inet_pton ends at a NUL.
  if (text.find('\0') != std::string_view::npos) return false;
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(family, std::string{text}.c_str(), address.data()) == 1;
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto refused = Error::permanent(ErrorCode::invalid_argument,
                                        "an address is \"127.0.0.1:8443\" or \"[::1]:8443\"");
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refused;
  std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  const auto port = whole_number(text.substr(colon + 1));
  if (!is_ip_address(is_bracketed ? AF_INET6 : AF_INET, host) || !port || *port > 65535) {
    return refused;
  }
  return ListenAddress{std::string{host}, static_cast<std::uint16_t>(*port)};
}

Result<ServerConfig> parse_config(std::string_view text, const std::string& name) {
  CURFEW_TRY(const toml::table root, parse_toml(text, name));

  ServerConfig config;
  for (const auto& [key, node] : root) {
    CURFEW_TRY_STATUS(apply_table(config, name, key.str(), node));
  }
  if (config.certificate_file.empty() != config.private_key_file.empty()) {
    return refuse(name, "server.certificate_file and server.private_key_file go together");
  }
  if (config.listen_mtls.empty() != config.mtls_base_url.empty()) {
    return refuse(name, "server.listen_mtls and server.mtls_base_url go together");
  }
  if (!config.client_ca_file.empty() && config.listen_mtls.empty()) {
    return refuse(name, "server.client_ca_file is for server.listen_mtls, which names no address");
  }
  if (config.mail.url.empty() != config.password_reset.mail_from.empty()) {
    return refuse(name, "mail.smtp_url and mail.from go together");
  }
  if (config.mail.username.empty() != config.mail_password_file.empty()) {
    return refuse(name, "mail.username and mail.password_file go together");
  }
  config.password_reset.sends_mail = !config.mail.url.empty();
  const Status gates = check_settings(config.gates);
  if (!gates.ok()) return refuse(name, gates.error().message());
  if (config.forwarded_for && config.listen_plain.empty()) {
    return refuse(name, "server.forwarded_for is for server.listen_plain, which names no address");
  }
  return config;
}

}  // namespace curfew
