// model/directory.hpp: who there is: tenants, users, groups, role assignments and devices.
//
// Names follow Microsoft Graph v1.0 (accountEnabled -> account_enabled). Values only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"

namespace curfew {

struct Tenant {
  TenantId id;  // a GUID: Graph's tenant id, the `tid` claim
  std::string display_name;
  std::vector<std::string> domains;  // verified domain names, the first is the default one
  TimePoint created_at{};
};

enum class UserType { member, guest };
[[nodiscard]] std::string_view to_string(UserType type);
[[nodiscard]] bool parse_enum(std::string_view text, UserType& out);

struct User {
  TenantId tenant_id;
  UserId id;                        // Graph's id, the `oid` claim
  std::string user_principal_name;  // stored in lower case, unique in the tenant
  std::string display_name;
  std::optional<std::string> mail;
  UserType user_type = UserType::member;
  // False while any hold stands on the user's key; kept in step by the functions that write holds.
  bool account_enabled = true;
  // An emergency account: never disabled by a run, every use of it is reported.
  bool break_glass = false;

  // Argon2id in PHC string format; none: no password sign-in.
  std::optional<std::string> password_hash;
  // The id of this very password, a new one each time one is set: the authenticator key.
  std::string password_id;
  std::optional<TimePoint> last_password_change_at;
  // A one-time password: the first sign-in must set another.
  bool force_change_password = false;

  TimePoint created_at{};
  // What nothing here decides by: a JSON object of Graph's property names, "givenName", "jobTitle".
  std::string properties = "{}";
};

// Somebody who was deleted and may be restored for 30 days: the row, and when. Their name is free
// for others meanwhile.
struct DeletedUser : User {
  TimePoint deleted_at{};
};

struct Group {
  TenantId tenant_id;
  GroupId id;
  std::string display_name;
  bool is_assignable_to_role = false;
  TimePoint created_at{};
  std::string properties = "{}";  // as a user's: "description", "mailNickname"
};

struct GroupMember {
  TenantId tenant_id;
  GroupId group_id;
  UserId user_id;
  TimePoint created_at{};
};

// A user or a service principal holds a directory role, tenant-wide.
struct RoleAssignment {
  TenantId tenant_id;
  std::string principal_id;  // a UserId or an AppId: GUIDs, so they cannot collide
  RoleId role_id;            // roleTemplateId of a built-in role, model/role.hpp
  TimePoint created_at{};
};

enum class TrustType { registered, joined };  // workplace-registered or directory-joined
[[nodiscard]] std::string_view to_string(TrustType type);
[[nodiscard]] bool parse_enum(std::string_view text, TrustType& out);

struct Device {
  TenantId tenant_id;
  DeviceId id;  // a GUID: Graph's deviceId, the `deviceid` claim
  std::string display_name;
  std::string operating_system;
  TrustType trust_type = TrustType::registered;
  std::optional<UserId> registered_owner;
  bool account_enabled = true;  // false while any hold stands on the device's key
  // SHA-256 of the device's own bearer secret, which its browser or agent keeps; base64url.
  std::optional<std::string> secret_hash;
  TimePoint registered_at{};
  std::optional<TimePoint> approximate_last_sign_in_at;
  // Graph's id of the directory object, another GUID than deviceId.
  std::string object_id;
  std::string properties = "{}";  // as a user's: "operatingSystemVersion", "isCompliant"
};

// Where an object is found by what it is called: one row for each value.
struct DirectoryIndexEntry {
  TenantId tenant_id;
  std::string kind;      // "user"
  std::string property;  // "displayName", or "displayName:word" for each word of it
  std::string value;     // in lower case, at most kDirectoryIndexValueBytesMax
  std::string object_id;
};
inline constexpr std::size_t kDirectoryIndexValueBytesMax = 64;

}  // namespace curfew
