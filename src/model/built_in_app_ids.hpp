// model/built_in_app_ids.hpp: the applications that every tenant has, by their ids.
#pragma once

#include <string_view>

namespace curfew {

// The same client_id in every tenant, so that the CLI needs no configuration.
inline constexpr std::string_view kCliClientId = "c0f3e000-0000-4000-8000-000000000001";
inline constexpr std::string_view kAdminApiAppId = "c0f3e000-0000-4000-8000-000000000002";
// Microsoft Graph's own application id and identifier, which its clients have built in.
inline constexpr std::string_view kGraphAppId = "00000003-0000-0000-c000-000000000000";
inline constexpr std::string_view kGraphResource = "https://graph.microsoft.com";
// What gates follow, and nobody else: its identifier, and the one permission that there is at it,
// as App::application_permissions names it.
inline constexpr std::string_view kGateFeedAppId = "c0f3e000-0000-4000-8000-000000000003";
inline constexpr std::string_view kGateFeedResource = "api://curfew-gate-feed";
inline constexpr std::string_view kGateFeedPermission = "api://curfew-gate-feed/Feed.Read";

}  // namespace curfew
