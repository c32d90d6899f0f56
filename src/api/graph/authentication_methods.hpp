// api/graph/authentication_methods.hpp: what the collections of authentication methods share.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string_view>

#include "api/graph/graph_call.hpp"
#include "model/directory.hpp"

namespace curfew {

// The person's email method, without annotations; none: there is none.
[[nodiscard]] GraphResult<std::optional<boost::json::object>> email_method_json(
    const GraphCall& call, const User& user);
[[nodiscard]] bool is_email_method(std::string_view id);

// A collection of the person's methods ("emailMethods"), and one member of it.
[[nodiscard]] GraphAnswer list_answer(const GraphCall& call, const User& user,
                                      std::string_view collection, boost::json::array value);
[[nodiscard]] GraphAnswer method_answer(const GraphCall& call, const User& user,
                                        std::string_view collection, boost::json::object members);

// For those who help people, and for oneself.
[[nodiscard]] GraphOperation authentication_reading(std::string_view name, std::string_view path,
                                                    GraphBody run,
                                                    const NeededPermissions& permissions);

}  // namespace curfew
