#include "io/http_parser.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>
#include <optional>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"
#include "io/http_grammar.hpp"

namespace curfew {

namespace http = boost::beast::http;
namespace asio = boost::asio;
using boost::beast::error_code;
using boost::beast::string_view;

namespace {

// A claimed Content-Length is not a reason to reserve more than this before the bytes arrive.
constexpr std::size_t kBodyReserveMax = 64UL * 1024;

// "0 CRLF CRLF". At least this much is due until a chunked body has ended, so that waiting for it
// delays nothing; and Beast 1.81 asserts that it has it when the last chunk comes in small pieces.
constexpr std::size_t kLastChunkBytes = 5;

std::string_view view(string_view text) { return {text.data(), text.size()}; }

std::optional<HttpMethod> served_method(http::verb verb) {
  // Not a switch: the enum is Beast's and has 34 values of which we serve seven.
  if (verb == http::verb::get) return HttpMethod::get;
  if (verb == http::verb::post) return HttpMethod::post;
  if (verb == http::verb::head) return HttpMethod::head;
  if (verb == http::verb::put) return HttpMethod::put;
  if (verb == http::verb::patch) return HttpMethod::patch;
  if (verb == http::verb::delete_) return HttpMethod::delete_;
  if (verb == http::verb::options) return HttpMethod::options;
  return std::nullopt;
}

// uri-host [ ":" port ] without percent-encoding, which no host of ours has (RFC 9110 7.2).
bool is_host(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
  });
}

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A line of the head that begins with white space: obs-fold (RFC 9112 5.2), or a first header line
// that two parsers would read differently.
bool has_folded_line(std::string_view head) {
  for (std::size_t at = head.find('\n'); at != std::string_view::npos;
       at = head.find('\n', at + 1)) {
    if (at + 1 < head.size() && (head[at + 1] == ' ' || head[at + 1] == '\t')) return true;
  }
  return false;
}

// Collects what Beast recognises. A rule of ours that is broken sets `rejection` and an error code
// whose only purpose is to stop Beast.
class RequestReader final : public http::basic_parser<true> {
 public:
  explicit RequestReader(const HttpParserLimits& parser_limits) : limits_(parser_limits) {
    eager(true);
    header_limit(std::numeric_limits<std::uint32_t>::max());  // the size is checked before
    body_limit(boost::none);                                  // set once the head is known
  }

  HttpRequest request;
  std::optional<HttpRejection> rejection;
  bool http_1_1 = false;
  bool keep_connection = false;
  bool continue_expected = false;

 private:
  void refuse(error_code& ec, int status, std::string_view description) {
    rejection = HttpRejection{.status = status, .description = description};
    ec = http::error::bad_value;
  }

  void on_request_impl(http::verb verb, string_view /*name*/, string_view target, int version,
                       error_code& ec) override;
  void on_field_impl(http::field field, string_view name, string_view value,
                     error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  void on_finish_impl(error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override {
    request.body.append(body.data(), body.size());
    return body.size();
  }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& ec) override {
    return on_body_impl(body, ec);
  }

  void check_framing_field(http::field field, std::string_view value, error_code& ec);
  void take_target(std::string_view target, error_code& ec);

  const HttpParserLimits& limits_;
  std::string absolute_authority_;  // of an absolute-form target
  std::string host_;
  bool has_host_ = false;
  bool has_length_ = false;
  bool has_coding_ = false;
};

void RequestReader::on_request_impl(http::verb verb, string_view /*name*/, string_view target,
                                    int version, error_code& ec) {
  http_1_1 = version == 11;
  const std::optional<HttpMethod> method = served_method(verb);
  if (!method) return refuse(ec, 501, "the method is not served here");
  request.method = *method;
  take_target(view(target), ec);
}

// RFC 9112 3.2: origin-form, absolute-form (stored as origin-form), or "*" for OPTIONS.
void RequestReader::take_target(std::string_view target, error_code& ec) {
  if (!is_target_text(target)) return refuse(ec, 400, "the request target is malformed");
  if (target.starts_with('/')) {
    request.target = target;
    return;
  }
  if (target == "*" && request.method == HttpMethod::options) {
    request.target = target;
    return;
  }
  for (const std::string_view scheme :
       {std::string_view{"http://"}, std::string_view{"https://"}}) {
    if (!ascii_iequals(target.substr(0, scheme.size()), scheme)) continue;
    const std::string_view rest = target.substr(scheme.size());
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    absolute_authority_ = rest.substr(0, end);
    request.target = rest.substr(end);
    if (!request.target.starts_with('/')) request.target.insert(0, "/");
    return;
  }
  refuse(ec, 400, "the request target is malformed");
}

void RequestReader::on_field_impl(http::field field, string_view name, string_view value,
                                  error_code& ec) {
  if (is_header_done()) return refuse(ec, 400, "trailer fields are not accepted");
  if (request.headers.size() == kHttpHeaderFieldsMax) {
    return refuse(ec, 431, "too many header fields");
  }
  check_framing_field(field, view(value), ec);
  request.headers.add(view(name), view(value));
}

void RequestReader::check_framing_field(http::field field, std::string_view value, error_code& ec) {
  if (field == http::field::content_length) {
    if (std::exchange(has_length_, true) || has_coding_ || !is_digits(value)) {
      return refuse(ec, 400, "Content-Length is repeated, malformed or beside Transfer-Encoding");
    }
  } else if (field == http::field::transfer_encoding) {
    if (std::exchange(has_coding_, true) || has_length_ || !http_1_1 ||
        !ascii_iequals(value, "chunked")) {
      return refuse(ec, 400, "Transfer-Encoding must be one field with the one value chunked");
    }
  } else if (field == http::field::host) {
    if (std::exchange(has_host_, true) || !is_host(value)) {
      return refuse(ec, 400, "Host is repeated or malformed");
    }
    host_ = value;
  } else if (field == http::field::expect) {
    if (!ascii_iequals(value, "100-continue")) return refuse(ec, 417, "the expectation is unknown");
    continue_expected = http_1_1;  // RFC 9110 10.1.1: ignored from a 1.0 client
  }
}

void RequestReader::on_header_impl(error_code& ec) {
  if (http_1_1 && !has_host_) return refuse(ec, 400, "Host is missing");
  if (!absolute_authority_.empty() && !ascii_iequals(absolute_authority_, host_)) {
    return refuse(ec, 400, "Host differs from the request target");
  }
  keep_connection = keep_alive();
  const std::uint64_t length = content_length().value_or(0);
  if (length > limits_.body_bytes_max) return refuse(ec, 413, "the body is too large");
  body_limit(limits_.body_bytes_max);
  request.body.reserve(std::min<std::uint64_t>(length, kBodyReserveMax));
}

HttpRejection describe(const error_code& error) {
  if (error == http::error::body_limit) {
    return {.status = 413, .description = "the body is too large"};
  }
  if (error == http::error::bad_chunk || error == http::error::bad_chunk_extension) {
    return {.status = 400, .description = "the chunked body is malformed"};
  }
  if (error == http::error::bad_version) {
    return {.status = 400, .description = "the HTTP version is malformed or not 1.0 or 1.1"};
  }
  return {.status = 400, .description = "the request is malformed"};
}

}  // namespace

struct HttpParser::Impl {
  explicit Impl(const HttpParserLimits& parser_limits)
      : limits(parser_limits), reader(parser_limits) {}

  const HttpParserLimits& limits;
  RequestReader reader;
  State state = State::head;
  HttpRejection rejection;
  std::size_t scanned = 0;  // bytes at the front of the input known not to hold the head's end

  void reject(HttpRejection why) {
    rejection = why;
    state = State::rejected;
  }

  std::size_t put(std::string_view input) {
    error_code error;
    const std::size_t used = reader.put(asio::const_buffer(input.data(), input.size()), error);
    if (error && error != http::error::need_more) {
      reject(reader.rejection.value_or(describe(error)));
    } else if (reader.is_done()) {
      state = State::complete;
    } else if (reader.is_header_done()) {
      state = State::body;
    }
    return used;
  }

  std::size_t feed_head(std::string_view input);
  std::size_t feed_body(std::string_view input);
};

std::size_t HttpParser::Impl::feed_head(std::string_view input) {
  // RFC 9112 2.2: an empty line before the request line is ignored.
  std::size_t skipped = 0;
  while (input.substr(skipped).starts_with("\r\n")) skipped += 2;
  if (skipped > 0) {
    scanned = 0;
    if (skipped > limits.header_bytes_max)
      reject({.status = 400, .description = "no request line"});
    return skipped;
  }
  if (input.empty() || input == "\r") return 0;
  if (!is_token_char(input.front())) {
    reject({.status = 400, .description = "the request line is malformed"});
    return 0;
  }
  const std::size_t end = input.find("\r\n\r\n", scanned);
  const std::size_t size = end == std::string_view::npos ? input.size() : end + 4;
  if (size > limits.header_bytes_max) {
    reject({.status = 431, .description = "the request head is too large"});
    return 0;
  }
  if (end == std::string_view::npos) {
    scanned = input.size() < 3 ? 0 : input.size() - 3;
    return 0;
  }
  const std::string_view head = input.substr(0, size);
  if (has_folded_line(head)) {
    reject({.status = 400, .description = "a header line begins with white space"});
    return 0;
  }
  const std::size_t used = put(head);
  // Beast ends the head at the first empty line, which is where we cut it.
  if (state == State::head) reject({.status = 400, .description = "the request is malformed"});
  return used;
}

std::size_t HttpParser::Impl::feed_body(std::string_view input) {
  if (input.empty() || (reader.chunked() && input.size() < kLastChunkBytes)) return 0;
  const std::size_t used = put(input);
  if (state == State::body && input.size() - used > kHttpChunkLineBytesMax) {
    reject({.status = 400, .description = "a chunk header is too long"});
  }
  return used;
}

HttpParser::HttpParser(const HttpParserLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
HttpParser::~HttpParser() = default;

std::size_t HttpParser::feed(std::string_view input) {
  std::size_t used = 0;
  if (impl_->state == State::head) {
    used = impl_->feed_head(input);
    // Empty lines were taken; what follows them is a head again.
    if (impl_->state == State::head && used > 0) used += impl_->feed_head(input.substr(used));
  }
  if (impl_->state == State::body) used += impl_->feed_body(input.substr(used));
  return used;
}

HttpParser::State HttpParser::state() const { return impl_->state; }

bool HttpParser::expects_continue() const {
  return impl_->state == State::body && impl_->reader.continue_expected;
}

bool HttpParser::keep_alive() const { return impl_->reader.keep_connection; }

bool HttpParser::is_http_1_1() const { return impl_->reader.http_1_1; }

HttpRejection HttpParser::rejection() const {
  CURFEW_CHECK(impl_->state == State::rejected);
  return impl_->rejection;
}

HttpRequest HttpParser::take() {
  CURFEW_CHECK(impl_->state == State::complete);
  return std::move(impl_->reader.request);
}

}  // namespace curfew
