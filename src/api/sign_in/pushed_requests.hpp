// api/sign_in/pushed_requests.hpp: requests that clients sent ahead, from their address to their
// one use.
//
// The authorization endpoint puts the stored request in the place of whatever came with the address
// (RFC 9126 4), once and first of all: from there on the text of the request has the parameter
// `request_uri` if and only if it was pushed. Forms of ours carry that text sealed. It is used up
// by becoming a code, so that a page may be loaded again before.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "access/credential_facts.hpp"
#include "api/context.hpp"
#include "model/pushed_request.hpp"
#include "protocol/oauth/error.hpp"
#include "protocol/oauth/params.hpp"
#include "store/store.hpp"

namespace curfew {

// The row of a request_uri of this tenant; nothing if there is none.
[[nodiscard]] Result<std::optional<PushedRequest>> find_pushed_request(
    ReadTx& tx, const ServerContext& context, std::string_view request_uri);

// What came to the authorization endpoint, with a pushed request in its place. invalid_request_uri
// for an address that is unknown, used, too old, another client's, or whose client lost what it
// proved itself with.
[[nodiscard]] OAuthResult<std::string> resolve_pushed_request(ReadTx& tx,
                                                              const ServerContext& context,
                                                              std::string raw);

// Whether the pushed request that a checked one names may still become a code. Nothing: it may.
[[nodiscard]] Result<std::optional<OAuthError>> check_pushed_request(ReadTx& tx,
                                                                     const ServerContext& context,
                                                                     std::string_view request_uri,
                                                                     const AppId& client_id);
// The same, and marks it as used.
[[nodiscard]] Result<std::optional<OAuthError>> use_pushed_request(WriteTx& tx,
                                                                   const ServerContext& context,
                                                                   std::string_view request_uri,
                                                                   const AppId& client_id);

}  // namespace curfew
