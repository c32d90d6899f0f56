// apps/curfew/connection.hpp: the way from the command line to a server's administrator's API.
//
// On the server's own machine: its local socket, as root or the server's user. From elsewhere:
// HTTPS with an API key. Both speak the same API and pass the same guards.
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "io/http_client.hpp"

namespace curfew {

struct ConnectionOptions {
  std::string data;      // a data folder: its socket
  std::string server;    // https://host[:port]
  std::string ca_file;   // PEM of the authority to trust, for `server`
  std::string key_file;  // holds an API key, for `server`; else the environment's CURFEW_API_KEY
};

// Where no option says it: CURFEW_SERVER, CURFEW_DATA, then /var/lib/curfew.
[[nodiscard]] ConnectionOptions with_environment(ConnectionOptions options);

class Connection {
 public:
  [[nodiscard]] static Result<Connection> open(const ConnectionOptions& options);

  // `path` begins with "/users" and the like. The answer's JSON; null for 204. Errors: the API's
  // own sentence with its code, `unavailable` where nobody answers, with what to check; where it
  // may have happened although no answer came, the error says so.
  [[nodiscard]] Result<boost::json::value> call(HttpMethod method, const std::string& path,
                                                const boost::json::value& body = nullptr,
                                                const std::string& idempotency_key = "");
  // The answer's bytes as they are.
  [[nodiscard]] Result<std::string> download(const std::string& path);
  // Server-Sent Events: calls on_event with each event's data until it returns false or the stream
  // ends.
  // Beside them on_sign is called with each sign of life, of which the server gives one every
  // fifteen seconds at least.
  Status follow(const std::string& path, const std::function<bool(std::string_view)>& on_event,
                const std::function<void()>& on_sign);

 private:
  Connection() : client_(std::make_unique<HttpClient>()) {}
  [[nodiscard]] HttpCall prepare(HttpMethod method, const std::string& path) const;
  [[nodiscard]] Error explain(const Error& error) const;

  std::unique_ptr<HttpClient> client_;
  std::string base_url_;
  std::string socket_;
  std::string ca_file_;
  Secret bearer_;
};

// One path segment, percent-encoded.
[[nodiscard]] std::string segment(std::string_view text);

}  // namespace curfew
