#include "io/curl.hpp"

#include <algorithm>
#include <charconv>
#include <mutex>

namespace curfew {

namespace {

struct UrlFree {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct CurlTextFree {
  void operator()(char* text) const { curl_free(text); }
};

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK || text == nullptr) return {};
  const std::unique_ptr<char, CurlTextFree> owner{text};
  return text;
}

bool is_loopback_host(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

}  // namespace

void init_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

bool append_line(CurlList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return false;
  [[maybe_unused]] curl_slist* same = list.release();
  list.reset(longer);
  return true;
}

Result<CurlAddress> read_address(const std::string& text) {
  const std::unique_ptr<CURLU, UrlFree> url{curl_url()};
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return Error::permanent(ErrorCode::invalid_argument, "the URL is malformed");
  }
  if (!part_of(url.get(), CURLUPART_USER).empty() ||
      !part_of(url.get(), CURLUPART_PASSWORD).empty()) {
    return Error::permanent(ErrorCode::invalid_argument, "the URL holds a user name or password");
  }
  CurlAddress address;
  address.scheme = part_of(url.get(), CURLUPART_SCHEME);
  address.host = part_of(url.get(), CURLUPART_HOST);
  address.is_loopback = is_loopback_host(address.host);
  const std::string port = part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::from_chars(port.data(), port.data() + port.size(), address.port);
  address.target = part_of(url.get(), CURLUPART_PATH);
  const std::string query = part_of(url.get(), CURLUPART_QUERY);
  if (!query.empty()) address.target += "?" + query;
  return address;
}

Error curl_error(CURLcode code, const std::string& detail) {
  const std::string message = detail.empty() ? curl_easy_strerror(code) : detail;
  if (code == CURLE_OPERATION_TIMEDOUT) return Error::transient(ErrorCode::timeout, message);
  switch (code) {  // libcurl has about a hundred of them
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return Error{ErrorCode::denied, Retry::after_human, message};
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return Error::permanent(ErrorCode::invalid_argument, message);
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_SSL_CONNECT_ERROR: return Error::transient(ErrorCode::protocol, message);
    default: return Error::transient(ErrorCode::unavailable, message);
  }
}

long curl_millis(Duration deadline) {
  return std::max<long>(1, static_cast<long>(deadline.count()));
}

}  // namespace curfew
