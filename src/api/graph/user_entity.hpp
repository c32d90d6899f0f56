// api/graph/user_entity.hpp: a person as Graph shows one, and how a list of people finds its rows.
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/graph/candidates.hpp"
#include "api/graph/entity.hpp"
#include "api/graph/graph_list.hpp"

namespace curfew {

struct UserView {
  User user;
  boost::json::object stored;  // api/directory/stored_properties.hpp
  // When everything from before stopped being accepted: the newest reauth of the person's key.
  TimePoint sign_in_sessions_valid_from{};
  mutable std::vector<std::string> texts{};  // of the collection read last
};

// Permissions that read everything of people, delegated and of an application itself.
inline constexpr std::string_view kReadUsers =
    "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All "
    "Directory.AccessAsUser.All";
inline constexpr std::string_view kReadUsersAlone =
    "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All";

[[nodiscard]] const EntityKind<UserView>& user_kind();
// The caller has User.ReadBasic.All, no more, and asks about others.
[[nodiscard]] bool is_limited_to_basics(const GraphCall& call);
// What the caller may see and ask about: everything, or the basics.
[[nodiscard]] const EntityKind<UserView>& shown_user_kind(const GraphCall& call);
[[nodiscard]] UserView user_view(const GraphCall& call, User user);

// By id, or by user principal name (ASCII case ignored).
[[nodiscard]] Result<std::optional<User>> find_graph_user(ReadTx& tx, const TenantId& tenant_id,
                                                          std::string_view name);
// The person that {user} names; 404 as Graph has it.
[[nodiscard]] GraphResult<User> user_of(const GraphCall& call);

// Everybody, through the best index for the filter, search and order of the call.
[[nodiscard]] GraphResult<Listing<User, UserView>> list_of_users(const GraphCall& call);
// These people, in the order of their ids.
[[nodiscard]] Listing<User, UserView> list_of_users(const GraphCall& call, std::vector<UserId> ids);

}  // namespace curfew
