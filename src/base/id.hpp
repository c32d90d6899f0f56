// base/id.hpp: distinct types for identifiers, so that a user can never be passed as an
// application.
//
// The value is text: a GUID in Graph's spelling (lower case, with hyphens) for directory objects,
// base64url of random bytes for the rest. Who makes an id says how; nobody parses one.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace curfew {

template <typename Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string value) : value_(std::move(value)) {}

  [[nodiscard]] const std::string& str() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

  friend auto operator<=>(const Id&, const Id&) = default;
  friend bool operator==(const Id&, const Id&) = default;

 private:
  std::string value_;
};

using TenantId = Id<struct TenantTag>;
using UserId = Id<struct UserTag>;
using GroupId = Id<struct GroupTag>;
using DeviceId = Id<struct DeviceTag>;
using AppId = Id<struct AppTag>;  // also the OAuth client_id, and the id of its service principal
using SessionId = Id<struct SessionTag>;  // the `sid` claim
using GrantId = Id<struct GrantTag>;      // one authorization of one client; a refresh token family
using RoleId = Id<struct RoleTag>;        // roleTemplateId
using RunId = Id<struct RunTag>;
using StepId = Id<struct StepTag>;
using KeyId = Id<struct KeyTag>;  // `kid` of a signing key

}  // namespace curfew

template <typename Tag>
struct std::hash<curfew::Id<Tag>> {
  std::size_t operator()(const curfew::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
