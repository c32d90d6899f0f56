#include "apps/curfew/client_key_commands.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <boost/json.hpp>
#include <memory>
#include <utility>

#include "apps/curfew/nouns.hpp"
#include "base/limits.hpp"
#include "io/file.hpp"
#include "protocol/json/json.hpp"

namespace curfew {

namespace {

constexpr std::array kNameOptions{std::pair{"--subject-dn", "tls_client_auth_subject_dn"},
                                  std::pair{"--san-dns", "tls_client_auth_san_dns"},
                                  std::pair{"--san-uri", "tls_client_auth_san_uri"},
                                  std::pair{"--san-ip", "tls_client_auth_san_ip"},
                                  std::pair{"--san-email", "tls_client_auth_san_email"}};
constexpr std::array kPrivateMembers{"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

Error refused(const std::string& name, std::string_view what) {
  return Error::permanent(ErrorCode::invalid_argument, name + ": " + std::string{what});
}

bool is_private(const boost::json::value& value) {
  if (const auto* const list = value.if_array()) {
    for (const boost::json::value& item : *list) {
      if (is_private(item)) return true;
    }
    return false;
  }
  const auto* const object = value.if_object();
  if (object == nullptr) return false;
  for (const char* const member : kPrivateMembers) {
    if (object->contains(member)) return true;
  }
  const auto* const keys = object->if_contains("keys");
  return keys != nullptr && is_private(*keys);
}

struct Options {
  std::string app;
  std::string file;
  std::string display_name;
  std::string name_kind;  // "san-dns"; empty: a file
  std::string certificate_name;
  std::string key_id;
};

Result<boost::json::object> new_key_of(const Options& options) {
  if (options.file.empty() == options.certificate_name.empty()) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "give either a file, or one name with --subject-dn, --san-dns, "
                            "--san-uri, --san-ip or --san-email");
  }
  if (!options.certificate_name.empty()) {
    return boost::json::object{{"certificateNameKind", options.name_kind},
                               {"certificateName", options.certificate_name}};
  }
  CURFEW_TRY(const std::string text, read_file(options.file, limits::kHttpBodyBytesMax));
  return client_key_body(text, options.file);
}

std::string called(const boost::json::object& key) {
  const auto* const name = key.if_contains("certificateName");
  if (name != nullptr && name->is_string()) return "certificates of " + cell_text(name);
  return "kid " + cell_text(key.if_contains("kid"));
}

Exit add_key(Connection& server, const Terminal& terminal, const Options& options) {
  auto body = new_key_of(options);
  if (!body.ok()) return terminal.fail(body.error());
  if (!options.display_name.empty()) (*body)["displayName"] = options.display_name;
  const auto answer =
      server.call(HttpMethod::post, "/apps/" + segment(options.app) + "/keys", *body);
  if (!answer.ok()) return terminal.fail(answer.error());
  if (terminal.is_json()) {
    terminal.json(*answer);
    return Exit::ok;
  }
  for (const boost::json::value& key : answer->as_object().at("value").as_array()) {
    terminal.line("app/" + options.app + " has the key " +
                  cell_text(key.as_object().if_contains("keyId")) + " (" + called(key.as_object()) +
                  ")");
  }
  return Exit::ok;
}

Exit list_keys(Connection& server, const Terminal& terminal, const std::string& app) {
  return list_at(server, terminal, "/apps/" + segment(app) + "/keys",
                 {{"DISPLAY NAME", "displayName"},
                  {"KID", "kid"},
                  {"CERTIFICATE", "x5tS256"},
                  {"CERTIFICATE NAME", "certificateName"},
                  {"ENDS", "endDateTime"},
                  {"KEY ID", "keyId"}});
}

}  // namespace

Result<boost::json::object> client_key_body(std::string_view text, const std::string& name) {
  if (text.find("PRIVATE KEY-----") != std::string_view::npos) {
    return refused(name, "holds a private key; give a file with the certificate alone");
  }
  if (text.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos) {
    return boost::json::object{{"certificate", text}};
  }
  auto json = parse_json(text);
  if (!json.ok() || !json->is_object()) {
    return refused(name, "is neither a certificate in PEM nor a JSON Web Key nor a set of them");
  }
  if (is_private(*json)) {
    return refused(name, "holds a private key; give the public members of the key alone");
  }
  const bool is_set = json->as_object().contains("keys");
  return boost::json::object{{is_set ? "jwks" : "jwk", std::move(json).value()}};
}

void add_client_key_commands(CLI::App& app_noun, const Choose& choose) {
  CLI::App& noun = *app_noun.add_subcommand(
      "key", "public keys and certificates that it proves itself with, in place of a secret");
  noun.require_subcommand(1);
  const auto options = std::make_shared<Options>();
  CLI::App& add = *noun.add_subcommand("add", "register a public key, or the name in certificates");
  add.add_option("app", options->app, "its id or name")->required();
  add.add_option("file", options->file, "a certificate (PEM), a JSON Web Key, or a set of them");
  for (const auto& [option, kind] : kNameOptions) {
    add.add_option_function<std::string>(
        option,
        [options, word = std::string{kind}](const std::string& name) {
          options->name_kind = word;
          options->certificate_name = name;
        },
        "in place of a file: the name in certificates of an authority that the server trusts");
  }
  add.add_option("--name", options->display_name, "what people call it");
  add.callback(
      [=] { choose([=](Connection& s, const Terminal& t) { return add_key(s, t, *options); }); });
  CLI::App& list = *noun.add_subcommand("list", "list them");
  list.add_option("app", options->app, "its id or name")->required();
  list.callback([=] {
    choose([=](Connection& s, const Terminal& t) { return list_keys(s, t, options->app); });
  });
  CLI::App& remove = *noun.add_subcommand(
      "remove",
      "end a key and the tokens that the application got with it for itself; what it holds for "
      "people goes on");
  remove.add_option("app", options->app, "its id or name")->required();
  remove.add_option("keyId", options->key_id)->required()->check(not_empty);
  remove.callback([=] {
    choose([=](Connection& s, const Terminal& t) {
      return call_and_show(s, t, HttpMethod::delete_,
                           "/apps/" + segment(options->app) + "/keys/" + segment(options->key_id),
                           nullptr, "app/" + options->app + " has that key no longer");
    });
  });
}

}  // namespace curfew
