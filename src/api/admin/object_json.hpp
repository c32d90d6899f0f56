// api/admin/object_json.hpp: directory objects as the administrator's API shows them.
//
// Names are Microsoft Graph's where Graph has the property. Times are RFC 3339 in UTC. No secret
// and no hash is ever shown.
#pragma once

#include <boost/json/fwd.hpp>
#include <optional>

#include "base/clock.hpp"
#include "model/application.hpp"
#include "model/directory.hpp"
#include "model/gate.hpp"
#include "model/registration.hpp"
#include "model/session.hpp"

namespace curfew {

// RFC 3339, or null.
[[nodiscard]] boost::json::value time_json(const std::optional<TimePoint>& at);

[[nodiscard]] boost::json::object to_json(const User& user);
[[nodiscard]] boost::json::object to_json(const Group& group);
[[nodiscard]] boost::json::object to_json(const Device& device);
[[nodiscard]] boost::json::object to_json(const App& app);
[[nodiscard]] boost::json::object to_json(const AppSecret& secret);
[[nodiscard]] boost::json::object to_json(const ClientKey& key);
[[nodiscard]] boost::json::object to_json(const ApiKey& key);
[[nodiscard]] boost::json::object to_json(const RegistrationToken& token);
[[nodiscard]] boost::json::object to_json(const Gate& gate);
[[nodiscard]] boost::json::object to_json(const AppAssignment& assignment);

}  // namespace curfew
