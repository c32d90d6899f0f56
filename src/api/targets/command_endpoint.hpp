// api/targets/command_endpoint.hpp: where an application takes commands about accounts
// (model/command_party.hpp), as an administrator sets it.
//
// Never by registration (RFC 7591): whoever has one is told of everybody whose access ends.
#pragma once

#include <optional>
#include <string>

#include "api/api_call.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/application.hpp"

namespace curfew {

// Nothing: it takes none.
[[nodiscard]] Result<std::optional<std::string>> command_endpoint_of(const ServerContext& context,
                                                                     const AppId& app);

// Guarded and audited as a change of the application. Empty: it takes none any more.
// invalid_argument for what no call is made to (api/notify/receiver_calls.hpp); `exhausted` where
// there are limits::kCommandPartiesMax already.
[[nodiscard]] Task<Result<Done>> write_command_endpoint(const ApiCall& call, const App& app,
                                                        std::string endpoint);

}  // namespace curfew
