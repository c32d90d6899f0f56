#include "io/http_client.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "io/curl.hpp"
#include "io/public_address.hpp"

namespace curfew {

namespace {

constexpr long kRedirectsMax = 5;
constexpr long kKeptConnectionsMax = 8;
// With status other than 200, a streamed call collects the body: an error document.
constexpr std::size_t kErrorBodyBytesMax = 64UL * 1024;

Error invalid(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

struct Route {
  bool is_https = false;
  bool is_local = false;  // never through a proxy
};

// Which schemes may be used where: without TLS, only where the bytes cannot leave the machine.
Result<Route> check_url(const HttpCall& call) {
  CURFEW_TRY(const CurlAddress address, read_address(call.url));
  const Route route{.is_https = address.scheme == "https",
                    .is_local = !call.unix_socket_path.empty() || address.is_loopback};
  if (!route.is_https && !(address.scheme == "http" && route.is_local)) {
    return invalid("only https is allowed, and http to this machine");
  }
  return route;
}

Result<CurlList> header_list(const HttpCall& call) {
  CurlList list;
  for (const auto& [name, value] : call.headers) {
    const std::string line = value.empty() ? name + ";" : name + ": " + value;
    const bool has_control = std::any_of(line.begin(), line.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (name.empty() || has_control) return invalid("a request header holds a control character");
    if (!append_line(list, line)) return Error::transient(ErrorCode::exhausted, "out of memory");
  }
  // An answer of 100 first would cost a round trip for bodies of a few kilobytes.
  if (!append_line(list, "Expect:")) return Error::transient(ErrorCode::exhausted, "out of memory");
  return list;
}

// What libcurl's callbacks write to during one call.
struct Exchange {
  CURL* easy = nullptr;
  HttpAnswer answer;
  std::size_t bytes_max = 0;
  std::function<bool(std::string_view)> on_piece;  // empty: collect
  bool too_long = false;
  bool ended_by_us = false;
};

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line{data, size};
  if (line.starts_with("HTTP/")) {
    exchange.answer.headers = HttpHeaders{};  // of the final answer, not of a redirect or a 100
    return size;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.remove_suffix(1);
  exchange.answer.headers.add(line.substr(0, colon), trim_ascii(value));
  return size;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  long status = 0;
  curl_easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
  if (exchange.on_piece && status == 200) {
    if (exchange.on_piece({data, size})) return size;
    exchange.ended_by_us = true;
    return 0;
  }
  const std::size_t bytes_max =
      exchange.on_piece ? std::min(kErrorBodyBytesMax, exchange.bytes_max) : exchange.bytes_max;
  if (exchange.answer.body.size() + size > bytes_max) {
    exchange.too_long = true;
    return 0;
  }
  exchange.answer.body.append(data, size);
  return size;
}

// Asked with the very address that is about to be connected to, so a name cannot resolve to another
// one afterwards.
curl_socket_t open_allowed_socket(void* networks, curlsocktype purpose, curl_sockaddr* address) {
  const auto& others = *static_cast<const std::vector<AddressNetwork>*>(networks);
  const bool is_allowed = is_public_address(address->addr) || is_in_any(address->addr, others);
  if (purpose != CURLSOCKTYPE_IPCXN || !is_allowed) return CURL_SOCKET_BAD;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace

struct HttpClient::Impl {
  Impl() {
    init_curl_once();
    easy = curl_easy_init();
  }
  ~Impl() { curl_easy_cleanup(easy); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  CURL* easy = nullptr;  // keeps the connections between calls
  bool has_sent = false;

  void set_request(const HttpCall& call, const Route& route, curl_slist* headers);
  void set_method(const HttpCall& call);
  Result<HttpAnswer> perform(const HttpCall& call, Exchange& exchange,
                             const std::function<void()>& set_times);
};

void HttpClient::Impl::set_method(const HttpCall& call) {
  if (call.method == HttpMethod::head) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (!call.body.empty() || call.method == HttpMethod::post) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call.body.c_str());
  }
  if (call.method == HttpMethod::post) return;
  const std::string name{to_string(call.method)};
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, name.c_str());
}

void HttpClient::Impl::set_request(const HttpCall& call, const Route& route, curl_slist* headers) {
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, route.is_https ? "https" : "http");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXCONNECTS, kKeptConnectionsMax);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  if (route.is_local) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  if (!call.ca_file.empty()) {
    // The named authority instead of the system's, not beside them.
    curl_easy_setopt(easy, CURLOPT_CAINFO, call.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  if (!call.unix_socket_path.empty()) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, call.unix_socket_path.c_str());
  }
  if (call.public_addresses_only) {
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_allowed_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &call.networks);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);  // none that another call was allowed
  }
  if (!call.bearer.empty()) {
    // libcurl, not a header line of ours: it does not follow a redirect to another host.
    const std::string token{call.bearer.reveal()};
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, token.c_str());
  }
  if (call.follow_redirects) {
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, kRedirectsMax);
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  }
  set_method(call);
}

Result<HttpAnswer> HttpClient::Impl::perform(const HttpCall& call, Exchange& exchange,
                                             const std::function<void()>& set_times) {
  has_sent = false;
  if (easy == nullptr) return Error::transient(ErrorCode::exhausted, "out of memory");
  CURFEW_TRY(const Route route, check_url(call));
  CURFEW_TRY(const CurlList headers, header_list(call));
  std::string detail(CURL_ERROR_SIZE, '\0');
  set_request(call, route, headers.get());
  set_times();
  exchange.easy = easy;
  exchange.bytes_max = call.answer_bytes_max;
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail.data());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  const CURLcode code = curl_easy_perform(easy);
  long request_bytes = 0;
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
  has_sent = request_bytes > 0;
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_reset(easy);  // forgets the credential and our buffers; keeps the connections
  if (exchange.too_long) {
    return Error::permanent(ErrorCode::exhausted, "the answer is longer than allowed");
  }
  if (code != CURLE_OK && !exchange.ended_by_us) return curl_error(code, detail.c_str());
  exchange.answer.status = static_cast<int>(status);
  return std::move(exchange.answer);
}

HttpClient::HttpClient() : impl_(std::make_unique<Impl>()) {}
HttpClient::~HttpClient() = default;

bool HttpClient::has_sent() const { return impl_->has_sent; }

Result<HttpAnswer> HttpClient::send(const HttpCall& call, Duration deadline) {
  Exchange exchange;
  return impl_->perform(call, exchange, [this, deadline] {
    curl_easy_setopt(impl_->easy, CURLOPT_TIMEOUT_MS, curl_millis(deadline));
  });
}

Result<HttpAnswer> HttpClient::stream(const HttpCall& call, Duration silence_max,
                                      std::function<bool(std::string_view)> on_piece) {
  Exchange exchange;
  exchange.on_piece = std::move(on_piece);
  return impl_->perform(call, exchange, [this, silence_max] {
    const long seconds = std::max<long>(1, static_cast<long>(silence_max.count() / 1000));
    curl_easy_setopt(impl_->easy, CURLOPT_CONNECTTIMEOUT, seconds);
    curl_easy_setopt(impl_->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(impl_->easy, CURLOPT_LOW_SPEED_TIME, seconds);
  });
}

}  // namespace curfew
