// api/admin/streams.hpp: /curfew/v1/streams: the receivers of shared signals, as administrators see
// them.
//
// A stream belongs to an application, so whoever may manage applications may manage streams.
#pragma once

#include <boost/json/value.hpp>

#include "api/admin/admin_call.hpp"
#include "base/result.hpp"
#include "base/task.hpp"

namespace curfew {

inline constexpr BodyMembers<7> kNewStreamMembers{
    "appId", "delivery", "endpointUrl", "authorization", "events", "description", "subjectFormat"};
inline constexpr BodyMembers<2> kChangedStreamMembers{"status", "reason"};

[[nodiscard]] Task<Result<boost::json::value>> list_streams(const AdminCall& call);
// With what its receiver refused last.
[[nodiscard]] Task<Result<boost::json::value>> show_stream(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> add_stream(const AdminCall& call);
// Pauses, resumes or disables it; its receiver is told.
[[nodiscard]] Task<Result<boost::json::value>> change_stream(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> remove_stream(const AdminCall& call);

}  // namespace curfew
