// io/curl.hpp: what every client of ours that is made of libcurl shares. For io/*.cpp only.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace curfew {

// Before the first handle is made; curl_global_init is not to be run twice at once.
void init_curl_once();

struct CurlListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, CurlListFree>;
// False: out of memory.
[[nodiscard]] bool append_line(CurlList& list, const std::string& line);

// The parts of a URL that say whether it may be used; invalid_argument if it is malformed, or holds
// a user name or a password.
struct CurlAddress {
  std::string scheme;
  std::string host;          // of an IPv6 address with its brackets
  std::uint16_t port = 0;    // the scheme's own, if the URL names none
  std::string target;        // path and query
  bool is_loopback = false;  // the bytes cannot leave this machine
};
[[nodiscard]] Result<CurlAddress> read_address(const std::string& url);

// `detail`: of CURLOPT_ERRORBUFFER, or empty. libcurl's texts hold no header, body or credential.
// timeout / later, denied / after_human (the certificate is not trusted), invalid_argument,
// protocol / later (the peer breaks it), else unavailable / later.
[[nodiscard]] Error curl_error(CURLcode code, const std::string& detail);

// At least a millisecond: zero would be no limit.
[[nodiscard]] long curl_millis(Duration deadline);

}  // namespace curfew
