#include "revocation/own_session.hpp"

#include <chrono>

namespace curfew {

bool may_keep_own_session(const App& app) {
  const auto& lifetime = app.own_session_lifetime_seconds;
  return lifetime ? *lifetime != 0 : app.client_type == ClientType::confidential;
}

std::optional<TimePoint> own_session_ends_by(const App& app, TimePoint sign_in) {
  const auto& lifetime = app.own_session_lifetime_seconds;
  if (!lifetime) return std::nullopt;
  return sign_in + std::chrono::seconds{*lifetime};
}

}  // namespace curfew
