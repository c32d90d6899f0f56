// tests/fuzz/fuzz_client_metadata.cpp: an application that registers itself says only what is safe.
//
// Covers: protocol/oauth/client_metadata.cpp protocol/oauth/logout_uri.cpp
#include <algorithm>
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/json/json.hpp"
#include "protocol/oauth/client_metadata.hpp"

using namespace curfew;

namespace {

// https, or http to this very computer; nothing that a browser or a log would read in another way.
void check_address(const std::string& text) {
  const Result<Uri> uri = parse_uri(text);
  CURFEW_CHECK(uri.ok() && !uri->fragment && !uri->userinfo);
  CURFEW_CHECK(uri->scheme == "https" || (uri->scheme == "http" && uri->is_loopback()));
}

void check_origins(const ClientMetadata& metadata) {
  if (!metadata.frontchannel_logout_uri) return;
  check_address(*metadata.frontchannel_logout_uri);
  const std::string origin = parse_uri(*metadata.frontchannel_logout_uri)->origin();
  // It stands in a policy of ours: nothing in it may end the directive.
  CURFEW_CHECK(origin.find_first_of(" ;,'\"") == std::string::npos);
  CURFEW_CHECK(std::ranges::any_of(metadata.redirect_uris, [&](const std::string& redirect) {
    return parse_uri(redirect)->origin() == origin;
  }));
}

void check_metadata(const ClientMetadata& metadata) {
  for (const std::string& uri : metadata.redirect_uris) check_address(uri);
  for (const std::string& uri : metadata.post_logout_redirect_uris) check_address(uri);
  check_origins(metadata);
  CURFEW_CHECK(metadata.redirect_uris.size() <= limits::kClientUrisMax);
  CURFEW_CHECK(metadata.client_name.size() <= limits::kClientNameBytesMax);
  CURFEW_CHECK(is_utf8(metadata.client_name));
  const auto known = registrable_grant_types();
  CURFEW_CHECK(!metadata.grant_types.empty());
  for (const std::string& grant : metadata.grant_types) {
    CURFEW_CHECK(std::ranges::find(known, grant) != known.end());
  }
  const bool uses_codes =
      std::ranges::find(metadata.grant_types, "authorization_code") != metadata.grant_types.end();
  CURFEW_CHECK(uses_codes == !metadata.redirect_uris.empty());
  CURFEW_CHECK((metadata.token_endpoint_auth_method == "private_key_jwt") ==
               metadata.jwks.has_value());
  CURFEW_CHECK(check_grant_types(metadata, metadata.grant_types).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto metadata = parse_client_metadata(text);
  if (metadata.ok()) {
    check_metadata(metadata.value());
    return 0;
  }
  const OAuthErrorCode code = metadata.error().code;
  CURFEW_CHECK(code == OAuthErrorCode::invalid_redirect_uri ||
               code == OAuthErrorCode::invalid_client_metadata ||
               code == OAuthErrorCode::invalid_software_statement);
  CURFEW_CHECK(is_utf8(metadata.error().description));
  return 0;
}
