#include "apps/curfew/connection.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "apps/curfew/event_stream.hpp"
#include "apps/curfew/terminal.hpp"
#include "base/text.hpp"
#include "io/file.hpp"
#include "protocol/http/percent.hpp"
#include "protocol/json/json.hpp"

namespace curfew {

namespace {

constexpr Duration kCallTimeMax = std::chrono::seconds{30};
constexpr Duration kSilenceMax = std::chrono::seconds{45};  // the server speaks every 15 s
constexpr std::size_t kKeyBytesMax = 512;
constexpr std::string_view kApi = "/curfew/v1";

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The server's sentence as it may stand on a terminal. Ours are plain already; escaping them again
// would only garble the names in them.
std::string shown(const boost::json::string& sentence) {
  constexpr std::size_t kSentenceBytesMax = 4096;
  const std::string_view text{sentence.data(), sentence.size()};
  const bool has_control = std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return has_control || text.size() > kSentenceBytesMax ? visible_text(text, kSentenceBytesMax)
                                                        : std::string{text};
}

// The API's own error as ours: its code decides, its sentence is shown.
Error error_of(const HttpAnswer& answer) {
  ErrorCode code = ErrorCode::protocol;
  if (answer.status == 400) code = ErrorCode::invalid_argument;
  if (answer.status == 401) code = ErrorCode::unauthenticated;
  if (answer.status == 403) code = ErrorCode::denied;
  if (answer.status == 404) code = ErrorCode::not_found;
  if (answer.status == 409) code = ErrorCode::conflict;
  if (answer.status == 503) code = ErrorCode::unavailable;
  std::string message = "the server answered " + std::to_string(answer.status);
  const auto body = parse_json_object(answer.body, {.bytes_max = kHttpAnswerBytesMax});
  if (body.ok()) {
    const auto* const error = body->if_contains("error");
    if (error != nullptr && error->is_object()) {
      const auto* const sentence = error->as_object().if_contains("message");
      if (sentence != nullptr && sentence->is_string()) message = shown(sentence->get_string());
    }
  }
  if (answer.status == 401) {
    message +=
        "; use the local socket (--data) as root, or an API key with the scope api://curfew/manage";
  }
  return Error::permanent(code, message);
}

bool changes_something(HttpMethod method, const boost::json::value& body) {
  const auto* const forecast = member_at(body, "dryRun");
  return method != HttpMethod::get && (forecast == nullptr || forecast->is_null());
}

// The request went out, and no answer came: only the server knows.
Error may_have_happened(const Error& error) {
  return Error{error.code(), error.retry(),
               error.message() +
                   "; the request was sent, so what it asks for may have happened all the same: "
                   "look (`curfew audit` has the newest first, `curfew run list` the revocations) "
                   "before doing it again"};
}

Result<Secret> read_api_key(const std::string& key_file) {
  if (key_file.empty()) return Secret{environment("CURFEW_API_KEY")};
  CURFEW_TRY(std::string text, read_file(key_file, kKeyBytesMax));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return Secret{std::move(text)};
}

}  // namespace

std::string segment(std::string_view text) { return percent_encode(text); }

ConnectionOptions with_environment(ConnectionOptions options) {
  if (!options.server.empty() || !options.data.empty()) return options;
  options.server = environment("CURFEW_SERVER");
  if (!options.server.empty()) return options;
  options.data = environment("CURFEW_DATA");
  if (options.data.empty()) options.data = "/var/lib/curfew";
  return options;
}

Result<Connection> Connection::open(const ConnectionOptions& options) {
  Connection made;
  if (options.server.empty()) {
    made.socket_ = options.data + "/curfewd.sock";
    made.base_url_ = "http://localhost";
    std::error_code failed;
    if (!std::filesystem::exists(made.socket_, failed)) {
      return Error{ErrorCode::unavailable, Retry::after_human,
                   "there is no server's socket at " + made.socket_ +
                       "; say where the server's data folder is (--data DIR or CURFEW_DATA), start "
                       "it with `curfewd serve`, or name another machine's server (--server URL)"};
    }
    return made;
  }
  if (!options.server.starts_with("https://")) {
    return Error::permanent(ErrorCode::invalid_argument, "--server must begin with https://");
  }
  made.base_url_ = options.server;
  while (made.base_url_.ends_with('/')) made.base_url_.pop_back();
  made.ca_file_ = options.ca_file;
  CURFEW_TRY(made.bearer_, read_api_key(options.key_file));
  if (made.bearer_.empty()) {
    return Error{ErrorCode::unauthenticated, Retry::after_human,
                 "no API key: put one into a file (--key-file) or into CURFEW_API_KEY; an "
                 "administrator makes one with `curfew key add`"};
  }
  return made;
}

HttpCall Connection::prepare(HttpMethod method, const std::string& path) const {
  HttpCall call;
  call.method = method;
  call.url = base_url_ + std::string{kApi} + path;
  call.bearer = bearer_;
  call.ca_file = ca_file_;
  call.unix_socket_path = socket_;
  return call;
}

Error Connection::explain(const Error& error) const {
  const std::string where = socket_.empty() ? base_url_ : socket_;
  if (error.code() != ErrorCode::denied || base_url_.starts_with("http://")) {
    return error.within("asking the server at " + where);
  }
  // No answer of the server's: its certificate was not accepted, so nothing was sent.
  return Error{ErrorCode::unavailable, Retry::after_human,
               "asking the server at " + where + ": " + error.message() +
                   "; name the authority to trust with --ca FILE (on the server's machine, `curfew "
                   "ca export` prints it)"};
}

Result<boost::json::value> Connection::call(HttpMethod method, const std::string& path,
                                            const boost::json::value& body,
                                            const std::string& idempotency_key) {
  HttpCall request = prepare(method, path);
  if (!body.is_null()) {
    request.body = serialize_json(body);
    request.headers.emplace_back("Content-Type", "application/json");
  }
  if (!idempotency_key.empty()) {
    request.headers.emplace_back("Idempotency-Key", idempotency_key);
  }
  const Result<HttpAnswer> answer = client_->send(request, kCallTimeMax);
  if (!answer.ok() && client_->has_sent() && changes_something(method, body)) {
    return may_have_happened(explain(answer.error()));
  }
  if (!answer.ok()) return explain(answer.error());
  if (answer->status == 204) return boost::json::value(nullptr);
  if (answer->status < 200 || answer->status > 299) return error_of(*answer);
  return parse_json(answer->body, {.bytes_max = kHttpAnswerBytesMax});
}

Result<std::string> Connection::download(const std::string& path) {
  const Result<HttpAnswer> answer = client_->send(prepare(HttpMethod::get, path), kCallTimeMax);
  if (!answer.ok()) return explain(answer.error());
  if (answer->status != 200) return error_of(*answer);
  return answer->body;
}

Status Connection::follow(const std::string& path,
                          const std::function<bool(std::string_view)>& on_event,
                          const std::function<void()>& on_sign) {
  EventStream events{"run", on_event};
  const Result<HttpAnswer> answer = client_->stream(prepare(HttpMethod::get, path), kSilenceMax,
                                                    [&events, &on_sign](std::string_view piece) {
                                                      const bool goes_on = events.take(piece);
                                                      if (goes_on) on_sign();
                                                      return goes_on;
                                                    });
  if (!answer.ok()) return explain(answer.error());
  if (answer->status != 200) return error_of(*answer);
  if (events.is_too_long()) {
    return Error::permanent(ErrorCode::protocol, "an event of the server's is too long");
  }
  return Done{};
}

}  // namespace curfew
