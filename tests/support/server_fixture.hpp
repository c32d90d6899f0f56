// tests/support/server_fixture.hpp: a whole server behind route(), with everything real but the
// sockets: store, journal, keys, throttle, revocation service; on a clock that moves when told.
//
// One tenant: user John, a device, a group; a confidential web application, a single-page one, a
// resource "Files" that may introspect, and the built-in applications. Requests run on a real I/O
// thread. send() waits for the answer; begin() does not.
#pragma once

#include <doctest/doctest.h>

#include <boost/json/object.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/access_token_check.hpp"
#include "api/builtin_apps.hpp"
#include "api/directory/directory_index.hpp"
#include "api/limits/refusal_meter.hpp"
#include "api/limits/sign_in_throttle.hpp"
#include "api/metrics.hpp"
#include "api/rollback_watch.hpp"
#include "api/router.hpp"
#include "api/sign_in/browser_cookies.hpp"
#include "api/sign_in_log.hpp"
#include "api/token_keys.hpp"
#include "api/token_status/status_lists.hpp"
#include "base/log.hpp"
#include "crypto/digest.hpp"
#include "crypto/password_hash.hpp"
#include "crypto/random.hpp"
#include "crypto/seal.hpp"
#include "io/runtime.hpp"
#include "protocol/json/json.hpp"
#include "protocol/oauth/pkce.hpp"
#include "revocation/removal.hpp"
#include "revocation/restore.hpp"
#include "revocation/service.hpp"
#include "store/audit.hpp"
#include "store/schema.hpp"
#include "store/schema_signins.hpp"
#include "tests/support/test_browser.hpp"

namespace curfew::test {

struct FixtureOptions {
  std::unique_ptr<Store> store = make_memory_store();
  std::size_t threads = 1;
  LifetimePolicy lifetimes;
  std::int64_t access_token_seconds = 3600;  // of the Files resource
};

// What a token endpoint answers, taken apart.
struct TokenAnswer {
  int status = 0;
  boost::json::object body;
  HttpResponse http;

  [[nodiscard]] std::string text(std::string_view member) const {
    const auto* value = body.if_contains(member);
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
  }
  [[nodiscard]] bool ok() const { return status == 200; }
  [[nodiscard]] std::string access() const { return text("access_token"); }
  [[nodiscard]] std::string refresh() const { return text("refresh_token"); }
  [[nodiscard]] std::string error() const { return text("error"); }
  [[nodiscard]] std::string suberror() const { return text("suberror"); }
  [[nodiscard]] std::int64_t number() const {
    const auto* codes = body.if_contains("error_codes");
    if (codes == nullptr || codes->as_array().empty()) return 0;
    return codes->as_array().front().to_number<std::int64_t>();
  }
};

// The claims of a JWT, unverified.
inline boost::json::object claims_in(std::string_view jwt) {
  const auto parts = split(jwt, '.');
  REQUIRE(parts.size() == 3);
  return parse_json_object(base64url_decode(parts[1]).value()).value();
}
inline std::string claim(std::string_view jwt, std::string_view name) {
  const auto claims = claims_in(jwt);
  const auto* value = claims.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}
inline boost::json::object header_in(std::string_view jwt) {
  return parse_json_object(base64url_decode(split(jwt, '.').front()).value()).value();
}

struct SeededSession {
  Session row;
  std::string cookie;  // the Cookie header's pair
};

class ServerFixture {
 public:
  const TenantId tenant{"11111111-1111-4111-8111-111111111111"};
  const UserId john{"22222222-2222-4222-8222-222222222222"};
  const AppId web{"33333333-3333-4333-8333-333333333333"};
  const AppId spa{"33333333-3333-4333-8333-444444444444"};
  const AppId files{"44444444-4444-4444-8444-444444444444"};
  const DeviceId laptop{"55555555-5555-4555-8555-555555555555"};
  const GroupId staff{"66666666-6666-4666-8666-666666666666"};
  const std::string base_url = "https://login.contoso.test";
  const std::string upn = "johndoe@contoso.com";
  const std::string password = "correct horse battery staple";
  const std::string callback = "https://app.contoso.test/callback";
  const std::string spa_origin = "https://spa.contoso.test";
  const std::string verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const std::string web_secret = "web-secret-0123456789";
  const std::string files_secret = "files-secret-0123456789";
  const std::string web_secret_id = "77777777-7777-4777-8777-777777777777";

  explicit ServerFixture(FixtureOptions options = {})
      : store(std::move(options.store)),
        audit(tenant, SealKey::from(Secret{std::string(32, 'a')}).value()) {
    // The alarms that tests raise on purpose are no news.
    [[maybe_unused]] static const bool is_quiet = (configure_log(LogLevel::error, -1), true);
    fill(options);
    live = load_live_journal(*store, tenant).value();
    journal = std::make_unique<Journal>(tenant, *live);
    keys = TokenKeys::load(*store, tenant, master_key, KeyTables::none).value();
    runtime = std::make_unique<Runtime>(options.threads);
    sign_in_log = std::make_unique<SignInLog>(*store);
    engine = std::make_unique<RunEngine>(EngineParts{
        tenant, *store, clock, runtime->executor(0), timer, {}, {}, [](const RunData&) {}});
    ServiceParts parts{tenant,
                       *store,
                       *journal,
                       audit,
                       clock,
                       {},
                       {[this](std::string_view payload) { return keys->sign_report(payload); },
                        [this] { return keys->report_public_jwk(); }},
                       [] { return new_guid(); }};
    revocation = std::make_unique<RevocationService>(std::move(parts), *engine, watch);
    context.reset(new ServerContext{tenant,
                                    {"contoso.com"},
                                    base_url,
                                    options.lifetimes,
                                    *store,
                                    *journal,
                                    clock,
                                    *runtime,
                                    pool,
                                    *keys,
                                    throttle,
                                    *sign_in_log,
                                    *revocation,
                                    audit,
                                    metrics,
                                    refusals,
                                    Secret{std::string(32, 'r')},
                                    Secret{std::string(32, 's')}});
    context->status_lists = &status_lists;
    watch_for_rollback(*context);
  }
  ~ServerFixture() {
    static_cast<void>(sign_in_log->flush());
    runtime->stop_and_wait();
    revocation.reset();
    engine.reset();
    // The store's writer and the pool may still be calling back into the I/O threads: both end
    // before the runtime does.
    store.reset();
  }
  ServerFixture(const ServerFixture&) = delete;
  ServerFixture& operator=(const ServerFixture&) = delete;

  // --- requests

  std::future<HttpResponse> begin(HttpRequest request) {
    auto answer = std::make_shared<std::promise<HttpResponse>>();
    std::future<HttpResponse> future = answer->get_future();
    auto held = std::make_shared<HttpRequest>(std::move(request));
    runtime->next_executor().post([this, answer, held] {
      start<HttpResponse>(route(*context, std::move(*held)), [answer](HttpResponse response) {
        answer->set_value(std::move(response));
      });
    });
    return future;
  }
  HttpResponse send(HttpRequest request) { return begin(std::move(request)).get(); }

  [[nodiscard]] HttpRequest get(const std::string& target, const Fields& headers = {}) const {
    HttpRequest request;
    request.target = target;
    request.peer = {Transport::tls, "192.0.2.7", 40'000, std::nullopt};
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    return request;
  }
  [[nodiscard]] HttpRequest post(const std::string& target, const Fields& fields,
                                 const Fields& headers = {}) const {
    HttpRequest request = get(target, headers);
    request.method = HttpMethod::post;
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = form_text(fields);
    return request;
  }
  [[nodiscard]] std::string path(const std::string& below) const {
    return "/" + tenant.str() + below;
  }
  [[nodiscard]] TestBrowser browser() {
    return TestBrowser{[this](HttpRequest request) { return send(std::move(request)); }};
  }
  // Signed in.
  [[nodiscard]] TestBrowser browser_of(const SeededSession& session) {
    TestBrowser made = browser();
    const std::size_t equals = session.cookie.find('=');
    made.cookies[session.cookie.substr(0, equals)] = session.cookie.substr(equals + 1);
    return made;
  }

  static TokenAnswer taken_apart(HttpResponse response) {
    TokenAnswer answer;
    answer.status = response.status;
    auto body = parse_json_object(response.body);
    if (body.ok()) answer.body = std::move(body).value();
    answer.http = std::move(response);
    return answer;
  }
  TokenAnswer token(const Fields& fields, const Fields& headers = {}) {
    return taken_apart(send(post(path("/oauth2/v2.0/token"), fields, headers)));
  }
  [[nodiscard]] Fields as_web(Fields fields) const {
    fields.emplace_back("client_id", web.str());
    fields.emplace_back("client_secret", web_secret);
    return fields;
  }
  [[nodiscard]] Fields code_fields(const std::string& code) const {
    return as_web({{"grant_type", "authorization_code"},
                   {"code", code},
                   {"redirect_uri", callback},
                   {"code_verifier", verifier}});
  }
  [[nodiscard]] Fields refresh_fields(const std::string& refresh_token) const {
    return as_web({{"grant_type", "refresh_token"}, {"refresh_token", refresh_token}});
  }
  TokenAnswer redeem(const std::string& code) { return token(code_fields(code)); }
  TokenAnswer refresh(const std::string& refresh_token) {
    return token(refresh_fields(refresh_token));
  }
  TokenAnswer app_token(const std::string& scope = "api://files/.default") {
    return token(as_web({{"grant_type", "client_credentials"}, {"scope", scope}}));
  }
  // As the resource Files.
  TokenAnswer introspect(const std::string& text) {
    return taken_apart(
        send(post(path("/oauth2/v2.0/introspect"),
                  {{"token", text}, {"client_id", files.str()}, {"client_secret", files_secret}})));
  }
  // As the client that tokens were issued to.
  TokenAnswer introspect_own(const std::string& text) {
    return taken_apart(send(post(path("/oauth2/v2.0/introspect"), as_web({{"token", text}}))));
  }
  static bool is_active(const TokenAnswer& answer) {
    const auto* active = answer.body.if_contains("active");
    return answer.status == 200 && active != nullptr && active->is_bool() && active->as_bool();
  }

  // --- state

  void write(Store::WriteBody body) {
    const Status status = store->write_and_wait(Urgency::normal, std::move(body));
    REQUIRE_MESSAGE(status.ok(), (status.ok() ? "" : status.error().message()));
  }
  template <typename T>
  void put(const T& object) {
    write([&](WriteTx& tx) -> Status {
      if constexpr (std::is_same_v<T, User>) {
        CURFEW_TRY(const auto before, load<User>(tx, tenant, object.id));
        return before ? save_user_row(tx, *before, object) : add_user_row(tx, object);
      } else {
        return save(tx, object);
      }
    });
  }
  template <typename T, typename... Keys>
  T row(const Keys&... ids) {
    return read_value<T>(*store, [&](ReadTx& tx) { return require<T>(tx, "row", tenant, ids...); })
        .value();
  }
  template <typename T>
  std::vector<T> all() {
    return read_value<std::vector<T>>(*store,
                                      [&](ReadTx& tx) {
                                        Query query;
                                        query.prefix = keys_of(tenant);
                                        return scan_as<T>(tx, query);
                                      })
        .value();
  }
  template <typename T, typename Id>
  void change(const Id& id, const std::function<void(T&)>& how) {
    T object = row<T>(id);
    how(object);
    put(object);
  }
  Position head() { return live->head().position; }

  void take_away(const Removal& removal) {
    const Status status = store->write_and_wait(Urgency::emergency, [&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(remove_access(tx, *journal, removal, clock.now()));
      return Done{};
    });
    REQUIRE_MESSAGE(status.ok(), (status.ok() ? "" : status.error().message()));
    REQUIRE(keys->reload());
  }
  void take_away(RemovalKind kind) {
    Removal removal;
    removal.kind = kind;
    removal.user_id = john;
    take_away(removal);
  }
  void give_back(RestoralKind kind, const std::string& id) {
    write([&](WriteTx& tx) -> Status {
      const Restoral restoral{kind, id, "administrator", "test"};
      CURFEW_TRY_STATUS(give_access(tx, *journal, restoral, std::nullopt, clock.now()));
      return Done{};
    });
  }

  // A session as a sign-in would have left it, now.
  SeededSession add_session(const UserId& user, const std::optional<DeviceId>& device = {}) {
    const Secret secret{random_token()};
    Session session;
    session.tenant_id = tenant;
    session.id = SessionId{random_token(16)};
    session.user_id = user;
    session.secret_hash = sha256_base64url(secret.reveal());
    session.authenticator_id = row<User>(user).password_id;
    session.device_id = device;
    session.auth_as_of = head();
    session.auth_time = session.created_at = session.last_seen_at = clock.now();
    session.expires_at = clock.now() + std::chrono::hours{24};
    session.amr = {"pwd"};
    put(session);
    const std::string set = session_cookie({session.id, secret}, std::nullopt);
    return {session, set.substr(0, set.find(';'))};
  }

  struct CodeOptions {
    std::vector<std::string> scopes = {"openid", "profile", "email", "offline_access",
                                       "api://files/Files.Read"};
    std::string resource = "api://files";
    std::string redirect_uri;  // empty: the web application's
    std::string nonce;
    std::string claims;
    bool pkce = true;
    AppId client;  // empty: the web application
  };
  // A code as the authorization endpoint would have made it in that session; its text.
  std::string add_code(const Session& session) { return add_code(session, CodeOptions{}); }
  std::string add_code(const Session& session, const CodeOptions& options) {
    const std::string text = random_token();
    put(code_row(session, options, text));
    return text;
  }
  [[nodiscard]] AuthorizationCode code_row(const Session& session, const CodeOptions& options,
                                           const std::string& text) const {
    AuthorizationCode code;
    code.tenant_id = tenant;
    code.hash = sha256_base64url(text);
    code.app_id = options.client.empty() ? web : options.client;
    code.user_id = session.user_id;
    code.session_id = session.id;
    code.grant_id = GrantId{random_token(16)};
    code.redirect_uri = options.redirect_uri.empty() ? callback : options.redirect_uri;
    if (options.pkce) code.code_challenge = code_challenge_of(verifier);
    if (!options.nonce.empty()) code.nonce = options.nonce;
    code.claims = options.claims;
    code.resource = options.resource;
    code.scopes = options.scopes;
    code.auth_as_of = session.auth_as_of;
    code.created_at = clock.now();
    code.expires_at = clock.now() + std::chrono::minutes{1};
    return code;
  }
  // John signs in, on the laptop if asked for, and the web application gets its tokens.
  TokenAnswer signed_in(const std::optional<DeviceId>& device = {}) {
    return redeem(add_code(add_session(john, device).row));
  }

  std::string add_api_key(const AppId& app, const std::vector<std::string>& scopes,
                          const std::optional<UserId>& owner = {}) {
    const std::string text = random_token();
    ApiKey key;
    key.tenant_id = tenant;
    key.id = new_guid();
    key.hash = sha256_base64url(text);
    key.app_id = app;
    key.display_name = "test";
    key.scopes = scopes;
    key.owner = owner;
    key.auth_as_of = head();
    key.created_at = clock.now();
    put(key);
    return text;
  }

  ManualClock clock{parse_rfc3339("2026-11-23T14:00:00Z").value()};
  std::unique_ptr<Store> store;
  Secret master_key{std::string(32, 'm')};
  AuditLog audit;
  std::unique_ptr<LiveJournal> live;
  std::unique_ptr<Journal> journal;
  std::unique_ptr<TokenKeys> keys;
  SignInThrottle throttle;
  std::unique_ptr<SignInLog> sign_in_log;
  Metrics metrics{endpoint_names()};
  RefusalMeter refusals;
  std::unique_ptr<Runtime> runtime;
  OffloadPool pool{{"passwords", 1, 64}};
  RunWatch watch;
  std::unique_ptr<RunEngine> engine;
  std::unique_ptr<RevocationService> revocation;
  StatusLists status_lists;
  std::unique_ptr<ServerContext> context;

 private:
  class NeverTimer final : public RunTimer {
   public:
    void call_at(TimePoint /*at*/, std::function<void()> /*work*/) override {}
  };
  NeverTimer timer;

  // Made once for all fixtures of a process: RSA keys take long.
  const std::vector<StoredSigningKey>& signing_keys() const {
    static const std::vector<StoredSigningKey> made = [this] {
      std::vector<StoredSigningKey> keys_made;
      for (const auto& [use, alg, state] :
           {std::tuple{KeyUse::token, TokenAlg::es256, KeyState::active},
            std::tuple{KeyUse::token, TokenAlg::es256, KeyState::next},
            std::tuple{KeyUse::token, TokenAlg::rs256, KeyState::active},
            std::tuple{KeyUse::report, TokenAlg::es256, KeyState::active}}) {
        keys_made.push_back(
            make_signing_key(tenant, use, alg, state, master_key, clock.now()).value());
      }
      return keys_made;
    }();
    return made;
  }

  static std::vector<std::string> endpoint_names() {
    std::vector<std::string> names;
    for (const EndpointSpec& endpoint : all_endpoints()) names.emplace_back(endpoint.name);
    return names;
  }

  [[nodiscard]] App app(const AppId& id, std::string name) const {
    App made;
    made.tenant_id = tenant;
    made.id = id;
    made.display_name = std::move(name);
    made.created_at = clock.now();
    return made;
  }

  Status add_apps(WriteTx& tx, const FixtureOptions& options) {
    App web_app = app(web, "Payroll");
    web_app.redirect_uris = {callback};
    web_app.post_logout_redirect_uris = {"https://app.contoso.test/bye"};
    web_app.admin_consented_scopes = {"api://files/Files.Read", "api://files/Files.Write",
                                      "api://curfew/manage"};
    web_app.application_permissions = web_app.admin_consented_scopes;
    CURFEW_TRY_STATUS(add(tx, web_app));
    CURFEW_TRY_STATUS(add(tx, secret(web, web_secret_id, web_secret)));

    App spa_app = app(spa, "Board");
    spa_app.client_type = ClientType::public_client;
    spa_app.redirect_uris = {spa_origin + "/"};
    spa_app.spa_origins = {spa_origin};
    spa_app.admin_consented_scopes = {"api://files/Files.Read"};
    CURFEW_TRY_STATUS(add(tx, spa_app));

    App files_app = app(files, "Files");
    files_app.identifier_uris = {"api://files", "https://files.contoso.test"};
    files_app.exposed_scopes = {"Files.Read", "Files.Write"};
    files_app.may_introspect = true;
    files_app.access_token_lifetime_seconds = options.access_token_seconds;
    CURFEW_TRY_STATUS(add(tx, files_app));
    CURFEW_TRY_STATUS(add(tx, secret(files, new_guid(), files_secret)));
    for (const App& built_in : built_in_apps(tenant, base_url, clock.now())) {
      CURFEW_TRY_STATUS(add(tx, built_in));
    }
    return Done{};
  }

  [[nodiscard]] AppSecret secret(const AppId& id, const std::string& secret_id,
                                 const std::string& text) const {
    return {tenant,       id,         secret_id, sha256_base64url(text), text.substr(0, 3),
            std::nullopt, clock.now()};
  }

  void fill(const FixtureOptions& options) {
    LiveJournal unread;  // outlives the commit, which publishes to it
    Journal first{tenant, unread};
    write([&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(add(tx, Tenant{tenant, "Contoso", {"contoso.com"}, clock.now()}));
      CURFEW_TRY_STATUS(first.append(
          tx, {key_of(tenant), Effect::reauth, "", std::nullopt, "tenant_created"}, clock.now()));
      User user;
      user.tenant_id = tenant;
      user.id = john;
      user.user_principal_name = upn;
      user.display_name = "John Doe";
      user.mail = "john.doe@contoso.com";
      user.password_hash =
          hash_password(Secret{password}, {.iterations = 1, .memory_kib = 64}).value();
      user.password_id = new_guid();
      CURFEW_TRY_STATUS(add_user_row(tx, user));
      Device device;
      device.tenant_id = tenant;
      device.id = laptop;
      device.object_id = "55555555-5555-4555-8555-000000000000";
      device.display_name = "Laptop";
      device.registered_owner = john;
      CURFEW_TRY_STATUS(add(tx, device));
      CURFEW_TRY_STATUS(add(tx, Group{tenant, staff, "Staff", false, clock.now()}));
      return add_apps(tx, options);
    });
    write([&](WriteTx& tx) -> Status {
      for (const StoredSigningKey& key : signing_keys()) {
        CURFEW_TRY_STATUS(add(tx, key));
      }
      return Done{};
    });
  }
};

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace curfew::test
