// revocation/fence/held_objects.hpp: what of the database an authenticator's or credential's key
// names: whose it is, and what people call it.
//
// A password is an authenticator too, and is not found here: nobody blocks one by its key (a new
// one outdates it), and whoever could would lock out the last administrator by it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/id.hpp"
#include "base/result.hpp"
#include "model/key.hpp"
#include "store/store.hpp"

namespace curfew {

struct HeldObject {
  KeyKind owner_kind = KeyKind::application;  // or user
  std::string owner_id;
  std::string name;  // "client secret of Files"

  friend bool operator==(const HeldObject&, const HeldObject&) = default;
};

// Looks for many authenticators in one go, some at a time: they have no index by their ids.
class HeldObjects {
 public:
  explicit HeldObjects(TenantId tenant_id) : tenant_id_(std::move(tenant_id)) {}

  // Keys of other kinds need not be looked for.
  void look_for(const Key& key);
  // Some milliseconds. True: there is more to read.
  [[nodiscard]] Result<bool> read_some(ReadTx& tx);
  // After the last of read_some(). Nothing: the database has no such secret, client key, email
  // method, API key or initial access token.
  [[nodiscard]] Result<std::optional<HeldObject>> find(ReadTx& tx, const Key& key) const;

 private:
  [[nodiscard]] Result<std::optional<HeldObject>> credential(ReadTx& tx,
                                                             const std::string& id) const;
  Status read_client_authenticators(ReadTx& tx);
  [[nodiscard]] Result<bool> read_methods(ReadTx& tx);

  TenantId tenant_id_;
  std::set<std::string> authenticators_;
  std::map<Key, HeldObject> found_;
  bool has_begun_ = false;
  std::string after_;  // the user whose method was read last
};

}  // namespace curfew
