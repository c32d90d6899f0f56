#include "protocol/oidc/end_session_request.hpp"

#include "base/limits.hpp"
#include "base/text.hpp"
#include "protocol/http/percent.hpp"
#include "protocol/http/uri.hpp"

namespace curfew {

namespace {

constexpr std::size_t kHintBytesMax = 1024;

Error refused(std::string_view name, std::string_view rule) {
  return Error::permanent(ErrorCode::invalid_argument, std::string{name} + " " + std::string{rule});
}

Result<std::string> read(const Form& form, std::string_view name, std::size_t bytes_max) {
  if (form.count(name) > 1) return refused(name, "occurs more than once");
  const std::string_view value = form.single(name).value_or("");
  if (value.size() > bytes_max) return refused(name, "is too long");
  return std::string{value};
}

}  // namespace

Result<EndSessionRequest> parse_end_session_request(const Form& form) {
  EndSessionRequest request;
  CURFEW_TRY(request.id_token_hint, read(form, "id_token_hint", limits::kJwtBytesMax));
  CURFEW_TRY(request.logout_hint, read(form, "logout_hint", kHintBytesMax));
  CURFEW_TRY(std::string client_id, read(form, "client_id", kHintBytesMax));
  request.client_id = AppId{std::move(client_id)};
  CURFEW_TRY(request.post_logout_redirect_uri,
             read(form, "post_logout_redirect_uri", limits::kRedirectUriBytesMax));
  if (!request.post_logout_redirect_uri.empty() &&
      !parse_uri(request.post_logout_redirect_uri).ok()) {
    return refused("post_logout_redirect_uri", "is not an absolute URI");
  }
  CURFEW_TRY(request.state, read(form, "state", limits::kStateBytesMax));
  CURFEW_TRY(const std::string ui_locales, read(form, "ui_locales", kHintBytesMax));
  request.ui_locales = split_words(ui_locales);
  return request;
}

std::string post_logout_location(const EndSessionRequest& request) {
  if (request.state.empty()) return request.post_logout_redirect_uri;
  return with_query(request.post_logout_redirect_uri, "state=" + percent_encode(request.state));
}

}  // namespace curfew
