#include "io/http_types.hpp"

#include "base/text.hpp"

namespace curfew {

std::string_view to_string(HttpMethod method) {
  switch (method) {
    case HttpMethod::get: return "GET";
    case HttpMethod::head: return "HEAD";
    case HttpMethod::post: return "POST";
    case HttpMethod::put: return "PUT";
    case HttpMethod::patch: return "PATCH";
    case HttpMethod::delete_: return "DELETE";
    case HttpMethod::options: return "OPTIONS";
  }
  CURFEW_CHECK(false);
}

// What most requests and answers have: one allocation instead of five.
constexpr std::size_t kFieldsExpected = 12;
constexpr std::size_t kTextExpected = 448;

void HttpHeaders::add(std::string_view name, std::string_view value) {
  if (fields_.empty()) {
    fields_.reserve(kFieldsExpected);
    text_.reserve(kTextExpected);
  }
  const Field field{.at = static_cast<std::uint32_t>(text_.size()),
                    .name_size = static_cast<std::uint32_t>(name.size()),
                    .value_size = static_cast<std::uint32_t>(value.size())};
  text_.append(name).append(value);
  fields_.push_back(field);
}

bool HttpHeaders::has(std::string_view name) const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (fields_[i].name_size == name.size() && ascii_iequals(at(i).first, name)) return true;
  }
  return false;
}

void HttpHeaders::set(std::string_view name, std::string_view value) {
  if (!has(name)) return add(name, value);
  HttpHeaders changed;
  for (std::size_t i = 0; i < size(); ++i) {
    const auto [old_name, old_value] = at(i);
    if (!ascii_iequals(old_name, name)) changed.add(old_name, old_value);
  }
  changed.add(name, value);
  *this = std::move(changed);
}

std::pair<std::string_view, std::string_view> HttpHeaders::at(std::size_t index) const {
  const Field& field = fields_.at(index);
  const std::string_view text = text_;
  return {text.substr(field.at, field.name_size),
          text.substr(field.at + field.name_size, field.value_size)};
}

Result<std::optional<std::string_view>> HttpHeaders::single(std::string_view name) const {
  std::optional<std::string_view> found;
  for (std::size_t i = 0; i < size(); ++i) {
    if (fields_[i].name_size != name.size()) continue;
    const auto [field_name, value] = at(i);
    if (!ascii_iequals(field_name, name)) continue;
    if (found) {
      return Error::permanent(ErrorCode::invalid_argument,
                              "the header " + std::string{name} + " is repeated");
    }
    found = value;
  }
  return found;
}

std::vector<std::string_view> HttpHeaders::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (std::size_t i = 0; i < size(); ++i) {
    const auto [field_name, value] = at(i);
    if (ascii_iequals(field_name, name)) values.push_back(value);
  }
  return values;
}

std::string_view HttpRequest::path() const {
  return std::string_view{target}.substr(0, target.find('?'));
}

std::string_view HttpRequest::query() const {
  const std::size_t mark = target.find('?');
  if (mark == std::string::npos) return {};
  return std::string_view{target}.substr(mark + 1);
}

namespace {

HttpResponse with_type(int status, std::string_view type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", type);
  response.body = std::move(body);
  return response;
}

}  // namespace

HttpResponse HttpResponse::empty(int status) {
  HttpResponse response;
  response.status = status;
  return response;
}

HttpResponse HttpResponse::json(int status, std::string body) {
  return with_type(status, "application/json", std::move(body));
}

HttpResponse HttpResponse::html(int status, std::string body) {
  return with_type(status, "text/html; charset=utf-8", std::move(body));
}

HttpResponse HttpResponse::text(int status, std::string body) {
  return with_type(status, "text/plain; charset=utf-8", std::move(body));
}

HttpResponse HttpResponse::redirect(int status, std::string_view location) {
  HttpResponse response = empty(status);
  response.headers.add("Location", location);
  return response;
}

HttpResponse HttpResponse::invalid_request(int status, std::string_view description) {
  std::string body = R"({"error":"invalid_request","error_description":")";
  body.append(description).append("\"}");
  HttpResponse response = json(status, std::move(body));
  response.headers.add("Cache-Control", "no-store");
  return response;
}

HttpResponse HttpResponse::event_stream(HttpStream events) {
  HttpResponse response = with_type(200, "text/event-stream", {});
  response.headers.add("Cache-Control", "no-store");
  response.stream = std::move(events);
  return response;
}

std::string_view reason_phrase(int status) {
  switch (status) {  // RFC 9110 15, those that a server like this one sends
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

}  // namespace curfew
