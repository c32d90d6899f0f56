// tests/fuzz/fuzz_endpoints.cpp: whole requests through the real parser, router and endpoints, over
// the store in memory: a refusal is one in the endpoint's own format, changes nothing and shows
// nothing that the asker did not know.
//
// The input is up to four requests, "----" lines between them, each "METHOD TARGET [root]", header
// lines, an empty line and a body; "root" comes in through the local socket. {names} stand for what
// an input cannot know: the ids and live credentials of a tenant, and values from the answer
// before.
//
// Covers: api/router.cpp api/authn.cpp api/admin/admin_call.cpp api/admin/app_body.cpp
//   api/admin/users.cpp api/admin/apps.cpp api/admin/api_keys.cpp api/admin/devices.cpp
//   api/admin/groups.cpp api/admin/revocations.cpp api/admin/directory_lookup.cpp
//   api/sign_in/browser_cookies.cpp api/sign_in/hint_token.cpp api/op/refresh_token.cpp
//   api/op/token.cpp api/op/introspect.cpp api/op/revoke.cpp api/sign_in/interaction.cpp
//   api/sign_in/sign_in.cpp
#define DOCTEST_CONFIG_IMPLEMENT
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/text.hpp"
#include "io/http_writer.hpp"
#include "protocol/http/percent.hpp"
#include "tests/fuzz/watching_store.hpp"
#include "tests/fuzz/whole_request.hpp"
#include "tests/support/server_fixture.hpp"

using namespace curfew;
using namespace curfew::test;

namespace {

constexpr std::size_t kRequestsMax = 4;
constexpr std::string_view kSeparator = "\n----\n";

// What a client finds in an answer for its next request.
struct Memory {
  std::map<std::string, std::string> cookies;
  std::string continuation;
  boost::json::object json;

  void take(const HttpResponse& response) {
    for (const std::string_view set : response.headers.all("set-cookie")) {
      const std::string_view pair = set.substr(0, set.find(';'));
      cookies[std::string{pair.substr(0, pair.find('='))}] = pair.substr(pair.find('=') + 1);
    }
    continuation = input_value(response.body, "continuation");
    auto parsed = parse_json_object(response.body);
    json = parsed.ok() ? std::move(parsed).value() : boost::json::object{};
  }
  [[nodiscard]] std::string cookie_header() const {
    std::string text;
    for (const auto& [name, value] : cookies) {
      text.append(text.empty() ? "" : "; ").append(name).append("=").append(value);
    }
    return text;
  }
};

// A server with something of everything in it.
struct World {
  WatchingStore* store = nullptr;
  std::unique_ptr<ServerFixture> server;
  std::map<std::string, std::string, std::less<>> names;

  World() {
    auto watching = std::make_unique<WatchingStore>(make_memory_store());
    store = watching.get();
    FixtureOptions options;
    options.store = std::move(watching);
    server = std::make_unique<ServerFixture>(std::move(options));
    const SeededSession session = server->add_session(server->john, server->laptop);
    const TokenAnswer tokens = server->redeem(server->add_code(session.row));
    names = {{"tenant", server->tenant.str()},
             {"john", server->john.str()},
             {"web", server->web.str()},
             {"files", server->files.str()},
             {"staff", server->staff.str()},
             {"laptop", server->laptop.str()},
             {"upn", server->upn},
             {"password", server->password},
             {"callback", server->callback},
             {"verifier", server->verifier},
             {"challenge", code_challenge_of(server->verifier)},
             {"secret", server->web_secret},
             {"files_secret", server->files_secret},
             {"session", session.cookie},
             {"code", server->add_code(session.row)},
             {"access", tokens.access()},
             {"id_token", tokens.text("id_token")},
             {"refresh", tokens.refresh()},
             {"key", server->add_api_key(server->web, {"api://files/Files.Read"}, server->john)}};
    store->forget();
  }

  [[nodiscard]] std::string value_of(std::string_view name, const Memory& memory) const {
    if (const auto known = names.find(name); known != names.end()) return known->second;
    if (name == "cookies") return memory.cookie_header();
    if (name == "form") return percent_encode(memory.continuation);
    const auto* member = memory.json.if_contains(name);
    return member != nullptr && member->is_string() ? std::string{member->as_string()}
                                                    : "{" + std::string{name} + "}";
  }

  [[nodiscard]] std::string expand(std::string_view text, const Memory& memory) const {
    std::string out;
    while (true) {
      const std::size_t open = text.find('{');
      const std::size_t close = text.find('}', open);
      out += text.substr(0, open);
      if (close == std::string_view::npos)
        return out.append(text.substr(std::min(open, text.size())));
      const std::string_view name = text.substr(open + 1, close - open - 1);
      const bool is_name =
          !name.empty() &&
          name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") ==
              std::string_view::npos;
      out += is_name ? value_of(name, memory) : "{";
      text.remove_prefix(is_name ? close + 1 : open + 1);
    }
  }
};

// The first line may end in "root": then root asks, over the local socket.
std::optional<HttpRequest> read_request(std::string_view text) {
  const std::size_t line_end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, line_end);
  const bool is_root = line.ends_with(" root");
  if (is_root) line.remove_suffix(5);
  auto request =
      read_whole_request(std::string{line}.append(text.substr(line_end)), "login.contoso.test");
  if (!request) return std::nullopt;
  if (is_root) {
    request->peer = {Transport::unix_socket, "", 0, 0};
  } else {
    request->peer = {Transport::tls, "192.0.2.7", 40'000, std::nullopt};
  }
  return request;
}

bool has_text(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() && !value->get_string().empty();
}

// {"error":"...","error_description":"..."}, {"error":{"code":"...","message":"..."}}, or what
// transmitters and receivers of shared signals tell each other (RFC 8935 2.4).
void check_json_refusal(const HttpResponse& response) {
  const auto body = parse_json_object(response.body);
  CURFEW_CHECK(body.ok());
  const auto* error = body->if_contains("error");
  if (error == nullptr) {
    CURFEW_CHECK(has_text(*body, "err") && has_text(*body, "description"));
    return;
  }
  if (error->is_object()) {
    CURFEW_CHECK(has_text(error->get_object(), "code") && has_text(error->get_object(), "message"));
  } else {
    CURFEW_CHECK(has_text(*body, "error") && has_text(*body, "error_description"));
  }
}

void check_format(const HttpResponse& response) {
  std::string wire;
  CURFEW_CHECK(append_response(wire, response, HttpFraming{}).ok());
  CURFEW_CHECK(is_utf8(response.body));
  const std::string type = header_of(response, "content-type");
  if (type.starts_with("application/json")) {
    CURFEW_CHECK(parse_json(response.body, {.bytes_max = response.body.size()}).ok());
  } else if (type.starts_with("text/html")) {
    CURFEW_CHECK(!header_of(response, "content-security-policy").empty());
  }
  if (response.status < 400) return;
  if (type.starts_with("application/json")) {
    check_json_refusal(response);
  } else {
    CURFEW_CHECK(type.starts_with("text/html") && contains(response.body, "<h1"));
  }
}

// A token used twice ends its family, and a refusal is remembered in the logs: all that a refused
// request may leave behind. A page that is refused still counts as use of the session, and a run
// that an earlier request began goes on meanwhile.
void check_unchanged(const HttpResponse& response, std::set<std::string> changed, bool has_run) {
  for (const char* log : {"audit", "audit_personal", "audit_person_keys", "sign_ins"}) {
    changed.erase(log);
  }
  if (has_run) {
    for (const char* table : {"runs", "run_steps", "run_paths"}) changed.erase(table);
  }
  if (contains(response.body, "invalid_grant")) {
    for (const char* table : {"grants", "journal", "watermarks", "authorization_codes"}) {
      changed.erase(table);
    }
  }
  if (header_of(response, "content-type").starts_with("text/html")) changed.erase("sessions");
  CURFEW_CHECK(changed.empty());
}

void check_secrets(const World& world, std::string_view asked, const HttpResponse& response) {
  for (const char* name : {"secret", "files_secret", "password", "access", "refresh", "key"}) {
    const std::string& secret = world.names.at(name);
    CURFEW_CHECK(contains(asked, secret) || !contains(response.body, secret));
  }
  CURFEW_CHECK(contains(asked, "argon2") || !contains(response.body, "$argon2"));
}

void run_one(World& world, std::string_view text, Memory& memory, std::string& asked) {
  const std::string expanded = world.expand(text, memory);
  asked += expanded;
  std::optional<HttpRequest> request = read_request(expanded);
  if (!request) return;
  const std::set<std::string> changed_before = world.store->take_changed();
  const HttpResponse response = world.server->send(std::move(*request));
  const std::set<std::string> changed = world.store->take_changed();
  world.store->remember(changed_before);
  world.store->remember(changed);

  CURFEW_CHECK(response.status >= 200 && response.status < 500 && response.status != 429);
  CURFEW_CHECK(header_of(response, "retry-after").empty());
  check_format(response);
  if (response.status >= 400) check_unchanged(response, changed, changed_before.contains("runs"));
  check_secrets(world, asked, response);
  memory.take(response);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::unique_ptr<World> world = [] {
    fail_on_doctest();
    return std::make_unique<World>();
  }();
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  // What failed sign-ins count is kept in memory, so that only reads may share a server.
  const bool may_count = rest.find("/login") != std::string_view::npos;
  Memory memory;
  std::string asked;
  for (std::size_t made = 0; made < kRequestsMax && !rest.empty(); ++made) {
    const std::size_t end = rest.find(kSeparator);
    run_one(*world, rest.substr(0, end), memory, asked);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + kSeparator.size());
  }
  if (may_count || !world->store->take_changed().empty()) {
    world.reset();
    world = std::make_unique<World>();
  }
  return 0;
}
