#include "revocation/own_session.hpp"

#include <chrono>

namespace curfew {

bool may_keep_own_session(const App& app) {
  const auto& lifetime = app.own_session_lifetime_seconds;
  return lifetime ? *lifetime != 0 : app.client_type == ClientType::confidential;
}

std::string_view logout_channel_sentence(const App& app) {
  if (app.backchannel_logout_uri) {
    return "it has an address to be told at (back-channel logout), but no sign-in with an ID token "
           "is known to tell it of";
  }
  if (app.frontchannel_logout_uri) {
    return "it has an address that the person's own browser opens when they sign out "
           "(front-channel logout), which a revocation cannot open";
  }
  return "it has no address to be told at";
}

std::optional<TimePoint> own_session_ends_by(const App& app, TimePoint sign_in) {
  const auto& lifetime = app.own_session_lifetime_seconds;
  if (!lifetime) return std::nullopt;
  return sign_in + std::chrono::seconds{*lifetime};
}

}  // namespace curfew
