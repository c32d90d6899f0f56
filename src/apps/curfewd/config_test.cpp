#include "apps/curfewd/config.hpp"

#include <doctest/doctest.h>

namespace curfew {
namespace {

std::string refusal(std::string_view toml) {
  const auto config = parse_config(toml, "curfewd.toml");
  return config.ok() ? "" : config.error().message();
}

TEST_CASE("an empty file gives the safe defaults: TLS on loopback, one hour, nothing plain") {
  const auto config = parse_config("", "curfewd.toml");
  REQUIRE(config.ok());
  REQUIRE(config->listen.size() == 1);
  CHECK(config->listen.front().address == "127.0.0.1");
  CHECK(config->listen_plain.empty());
  CHECK_FALSE(config->forwarded_for);
  CHECK(config->lifetimes.access_token == std::chrono::hours{1});
  CHECK_FALSE(config->lifetimes.access_token_random);
}

TEST_CASE("every setting that the documentation names is taken over") {
  const auto config = parse_config(R"([server]
base_url = "https://login.contoso.com"
listen = ["0.0.0.0:443", "[::]:443"]
listen_plain = ["127.0.0.1:8080"]
forwarded_for = true
listen_mtls = ["0.0.0.0:9443"]
mtls_base_url = "https://mtls.contoso.com:9443"
client_ca_file = "/etc/curfew/clients.pem"
certificate_file = "/etc/curfew/tls.pem"
private_key_file = "/etc/curfew/tls.key"
threads = 4
password_threads = 2
connections_max = 1000
[tokens]
access_token = "90m"
access_token_random = true
continuous_access_token = "28h"
id_token = "30m"
authorization_code = "30s"
refresh_token_idle = "30d"
refresh_token_spa = "12h"
refresh_grace = "10s"
[sessions]
idle = "8h"
persistent_idle = "30d"
giving_sign_in_age = "15m"
[log]
level = "warning"
)",
                                   "curfewd.toml");
  REQUIRE(config.ok());
  CHECK(config->base_url == "https://login.contoso.com");
  REQUIRE(config->listen.size() == 2);
  CHECK(config->listen[1].address == "::");
  CHECK(config->listen[1].port == 443);
  CHECK(config->listen_plain.front().port == 8080);
  CHECK(config->forwarded_for);
  CHECK(config->listen_mtls.front().port == 9443);
  CHECK(config->mtls_base_url == "https://mtls.contoso.com:9443");
  CHECK(config->client_ca_file == "/etc/curfew/clients.pem");
  CHECK(config->lifetimes.giving_sign_in_age == std::chrono::minutes{15});
  CHECK(config->certificate_file == "/etc/curfew/tls.pem");
  CHECK(config->threads == 4);
  CHECK(config->password_threads == 2);
  CHECK(config->connections_max == 1000);
  CHECK(config->lifetimes.access_token == std::chrono::minutes{90});
  CHECK(config->lifetimes.access_token_random);
  CHECK(config->lifetimes.continuous_access_token == std::chrono::hours{28});
  CHECK(config->lifetimes.id_token == std::chrono::minutes{30});
  CHECK(config->lifetimes.authorization_code == std::chrono::seconds{30});
  CHECK(config->lifetimes.refresh_token_idle == std::chrono::hours{720});
  CHECK(config->lifetimes.refresh_token_spa == std::chrono::hours{12});
  CHECK(config->lifetimes.refresh_grace == std::chrono::seconds{10});
  CHECK(config->lifetimes.session_idle == std::chrono::hours{8});
  CHECK(config->lifetimes.persistent_session_idle == std::chrono::hours{720});
  CHECK(config->log_level == LogLevel::warning);
}

TEST_CASE("the sign-in log is kept for 90 days, or for as long as it says") {
  CHECK(parse_config("", "curfewd.toml")->pruning.sign_ins_kept == std::chrono::hours{24 * 90});
  const auto config = parse_config("[log]\nsign_ins_kept = \"30d\"\n", "curfewd.toml");
  REQUIRE(config.ok());
  CHECK(config->pruning.sign_ins_kept == std::chrono::hours{24 * 30});
}

TEST_CASE("where clients present certificates is a listener with an address, or there is none") {
  CHECK(refusal("[server]\nlisten_mtls = [\"127.0.0.1:9443\"]").find("go together") !=
        std::string::npos);
  CHECK(refusal("[server]\nmtls_base_url = \"https://a\"").find("go together") !=
        std::string::npos);
  CHECK(refusal("[server]\nmtls_base_url = \"http://a\"").find("https://host:port") !=
        std::string::npos);
  CHECK(refusal("[server]\nclient_ca_file = \"a.pem\"").find("listen_mtls") != std::string::npos);
  const auto config = parse_config("", "curfewd.toml");
  CHECK(config->listen_mtls.empty());
  CHECK(config->lifetimes.giving_sign_in_age == Duration{0});
}

TEST_CASE("mail is sent by a server that is set with a sender, and with both of its credentials") {
  const auto none = parse_config("", "curfewd.toml");
  REQUIRE(none.ok());
  CHECK_FALSE(none->password_reset.sends_mail);
  CHECK_FALSE(none->password_reset.administrators);
  const auto config = parse_config(R"(
[mail]
smtp_url = "smtp://mail.contoso.com:587"
from = "curfew@contoso.com"
username = "curfew"
password_file = "/etc/curfew/smtp"
ca_file = "/etc/curfew/ca.pem"
[password_reset]
self_service = false
administrators = true
code = "30m"
contact = "the service desk"
)",
                                   "curfewd.toml");
  REQUIRE(config.ok());
  CHECK(config->mail.url == "smtp://mail.contoso.com:587");
  CHECK(config->mail.username == "curfew");
  CHECK(config->mail.ca_file == "/etc/curfew/ca.pem");
  CHECK(config->mail_password_file == "/etc/curfew/smtp");
  CHECK(config->password_reset.sends_mail);
  CHECK_FALSE(config->password_reset.self_service);
  CHECK(config->password_reset.administrators);
  CHECK(config->password_reset.code_lifetime == std::chrono::minutes{30});
  CHECK(config->password_reset.contact == "the service desk");
  CHECK(config->password_reset.mail_from == "curfew@contoso.com");
  const std::string url = "[mail]\nsmtp_url = \"smtps://m.contoso.com\"\n";
  CHECK(refusal(url).find("go together") != std::string::npos);
  CHECK(refusal(url + "from = \"a@b.example\"\nusername = \"u\"\n").find("go together") !=
        std::string::npos);
  CHECK(refusal("[mail]\nsmtp_url = \"http://m.contoso.com\"\n").find("smtps://") !=
        std::string::npos);
  CHECK(refusal("[mail]\nfrom = \"nobody\"\n").find("sender's address") != std::string::npos);
  CHECK(refusal("[password_reset]\ncode = \"2h\"\n").find("\"5m\" to \"1h\"") != std::string::npos);
}

TEST_CASE("an unknown key is refused with file, line and the keys that there are") {
  const std::string message = refusal("[tokens]\n\nacess_token = \"1h\"\n");
  CHECK(message.starts_with("curfewd.toml:3: "));
  CHECK(message.find("acess_token") != std::string::npos);
  CHECK(message.find("access_token, access_token_random") != std::string::npos);
}

TEST_CASE("receivers of notifications are in the public internet unless a setting says otherwise") {
  const auto usual = parse_config("", "curfewd.toml");
  REQUIRE(usual.ok());
  CHECK_FALSE(usual.value().receivers.private_addresses);
  CHECK(usual.value().receivers.ca_file.empty());
  const auto changed = parse_config(
      "[notifications]\nprivate_addresses = true\nca_file = \"/etc/ca.pem\"\n", "curfewd.toml");
  REQUIRE(changed.ok());
  CHECK(changed.value().receivers.private_addresses);
  CHECK(changed.value().receivers.ca_file == "/etc/ca.pem");
  CHECK(refusal("[notifications]\nprivate_addresses = 1\n").find("true") != std::string::npos);
}

TEST_CASE("receivers may be in the networks that a setting names, and in no others") {
  const auto some = parse_config(
      "[notifications]\nprivate_addresses = [\"10.1.0.0/16\", \"fd00:1::/32\"]\n", "curfewd.toml");
  REQUIRE(some.ok());
  CHECK_FALSE(some->receivers.private_addresses);
  REQUIRE(some->receivers.private_networks.size() == 2);
  CHECK(to_text(some->receivers.private_networks[0]) == "10.1.0.0/16");
  CHECK(to_text(some->receivers.private_networks[1]) == "fd00:1::/32");
  const auto none = parse_config("[notifications]\nprivate_addresses = []\n", "curfewd.toml");
  REQUIRE(none.ok());
  CHECK_FALSE(none->receivers.private_addresses);
  CHECK(none->receivers.private_networks.empty());
}

TEST_CASE("networks that cannot be are refused with the line and which one it is") {
  const auto refused = [](const std::string& list) {
    const std::string message = refusal("[notifications]\nprivate_addresses = [" + list + "]\n");
    CHECK(message.starts_with("curfewd.toml:2: notifications.private_addresses must be "));
    return message;
  };
  CHECK(refused("\"10.1.0.0/16\", \"10.2.0.1/16\"").find("the network is 10.2.0.0/16") !=
        std::string::npos);
  CHECK(refused("\"10.1.0.0/33\"").find("10.1.0.0/33") != std::string::npos);
  CHECK(refused("\"printers\"").find("\"printers\" has no length") != std::string::npos);
  refused("true");
  refused("10");
  std::string many;
  for (int i = 0; i < 64; ++i) many += "\"10.1.0.0/16\",";
  const auto most = parse_config("[notifications]\nprivate_addresses = [" + many + "]\n", "f");
  CHECK(most.ok());
  CHECK(refused(many + "\"10.1.0.0/16\"").find("at most 64") != std::string::npos);
}

TEST_CASE("the leases of gates are bounded, whatever the settings say") {
  const auto usual = parse_config("", "curfewd.toml");
  REQUIRE(usual.ok());
  CHECK(usual->gates.lease == std::chrono::seconds{10});
  CHECK(usual->gates.drift == std::chrono::seconds{1});
  const auto changed = parse_config("[gates]\nlease = \"5s\"\ndrift = \"2s\"\n", "curfewd.toml");
  REQUIRE(changed.ok());
  CHECK(changed->gates.lease == std::chrono::seconds{5});
  CHECK(changed->gates.drift == std::chrono::seconds{2});
  CHECK(refusal("[gates]\nlease = \"61s\"\n").find("\"60s\"") != std::string::npos);
  CHECK(refusal("[gates]\ndrift = \"0s\"\n").find("\"30s\"") != std::string::npos);
}

TEST_CASE("an unknown table is refused with the tables that there are") {
  const std::string message = refusal("[token]\naccess_token = \"1h\"\n");
  CHECK(message.starts_with("curfewd.toml:1: "));
  CHECK(message.find("[server], [tokens], [sessions], [registration], [mail], [password_reset], "
                     "[notifications], [gates], [log]") != std::string::npos);
}

TEST_CASE("a bad value is refused with file, line and what it may be") {
  struct Case {
    const char* toml;
    const char* expected;
  };
  for (const Case& one : {Case{"[tokens]\naccess_token = \"5m\"", "\"10m\" to \"24h\""},
                          Case{"[tokens]\naccess_token = 3600", "\"10m\" to \"24h\""},
                          Case{"[tokens]\ncontinuous_access_token = \"29h\"", "\"28h\""},
                          Case{"[tokens]\naccess_token_random = \"yes\"", "true"},
                          Case{"[server]\nforwarded_for = \"yes\"", "true (the proxy"},
                          Case{"[server]\nthreads = -1", "0 (one for each core)"},
                          Case{"[server]\nthreads = 1.5", "0 (one for each core)"},
                          Case{"[server]\nlisten = \"127.0.0.1:1\"", "a list"},
                          Case{"[server]\nlisten = [\"127.0.0.1\"]", "a list"},
                          Case{"[server]\nlisten = [\"127.0.0.1:70000\"]", "a list"},
                          Case{"[server]\nlisten = [\"localhost:8443\"]", "a list"},
                          Case{"[server]\nlisten = [\"::1:8443\"]", "a list"},
                          Case{"[server]\nlisten = [\"[::1:8443\"]", "a list"},
                          Case{"[server]\nlisten = [\"[127.0.0.1]:1\"]", "a list"},
                          Case{"[server]\nbase_url = \"http://x\"", "https://host"},
                          Case{"[server]\nbase_url = \"https://x?y\"", "https://host"},
                          Case{"[server]\nbase_url = \"https://x:0\"", "https://host"},
                          Case{"[server]\nbase_url = \"https://X\"", "lower case"},
                          Case{"[server]\nbase_url = \"https://x/\"", "slash"},
                          Case{"[log]\nlevel = \"loud\"", "\"debug\""},
                          Case{"[log]\nsign_ins_kept = \"1h\"", "\"1d\" to \"3650d\""},
                          Case{"[log]\nsign_ins_kept = 90", "\"1d\" to \"3650d\""}}) {
    CAPTURE(one.toml);
    const std::string message = refusal(one.toml);
    CHECK(message.starts_with("curfewd.toml:2: "));
    CHECK(message.find(one.expected) != std::string::npos);
  }
}

TEST_CASE("what is no TOML is refused with the line") {
  CHECK(refusal("[server\n").starts_with("curfewd.toml:1: "));
  CHECK(refusal("[server]\nthreads = 1\nthreads = 2\n").starts_with("curfewd.toml:3: "));
  CHECK(refusal("[server]\n\"threads\" \xC3\xA4 = 1\n").starts_with("curfewd.toml:2: "));
  CHECK(refusal("[log]\nlevel = \"\"\"\\\n \xC3\xA4\"\"\"\n").starts_with("curfewd.toml:2: "));
  CHECK(refusal("[log]\nlevel = \"\xFF\"\n").find("UTF-8") != std::string::npos);
  CHECK(refusal("[server]\n\n[!log]\nlevel = \"info\"\n").starts_with("curfewd.toml:3: "));
}

TEST_CASE("a string or a comment may hold any character") {
  const auto config = parse_config(
      "# f\xC3\xBCr #\n[server]\n\"certificate_file\" = '/\xC3\xA4\"'\n"
      "private_key_file = \"/\xC3\xA4\\\"#\" # \xC3\xA4\n",
      "curfewd.toml");
  REQUIRE(config.ok());
  CHECK(config->certificate_file == "/\xC3\xA4\"");
  CHECK(config->private_key_file == "/\xC3\xA4\"#");
}

TEST_CASE("a certificate without its key is refused") {
  CHECK(refusal("[server]\ncertificate_file = \"a.pem\"\n").find("go together") !=
        std::string::npos);
}

TEST_CASE("reading the proxy's header without a listener for the proxy is refused") {
  CHECK(refusal("[server]\nforwarded_for = true\n").find("listen_plain") != std::string::npos);
  CHECK(refusal("[server]\nforwarded_for = false\n").empty());
}

}  // namespace
}  // namespace curfew
