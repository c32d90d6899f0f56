// api/known_apps.hpp: applications as they are stored, remembered between requests.
//
// What is remembered is used only while the store's tables have not changed since (Store::version),
// so it is as new as a reading of the store begun now, as far as anybody was told. It says what is
// stored and decides nothing: whoever uses it reads the journal's head first, and asks the validity
// rule each time.
//
// Thread-safe. Bounded, by the constant below or by the resources that the tenant has.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "access/evaluate.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "model/application.hpp"
#include "protocol/jose/jws_key.hpp"
#include "store/store.hpp"

namespace curfew {

// A client's key, parsed once.
struct KnownKey {
  ClientKey row;
  JwsKey key;
};

// An application with all of its secrets and keys, read in one snapshot.
struct KnownApp {
  App app;
  std::vector<AppSecret> secrets;
  std::vector<KnownKey> keys;
  std::vector<ClientKey> certificate_names;  // the rows of keys that are names
};

// Applications that are remembered at the most, of each kind: some 2 KiB each.
inline constexpr std::size_t kKnownAppsMax = 4'096;

class KnownApps {
 public:
  explicit KnownApps(Store& store) : store_(store) {}

  using Known = std::shared_ptr<const KnownApp>;
  // By its client_id; null if there is none.
  [[nodiscard]] Result<Known> client(const TenantId& tenant_id, const AppId& id);
  // As find_resource() of access/evaluate.hpp; null if there is none.
  [[nodiscard]] Result<Known> resource(const TenantId& tenant_id, const std::string& identifier);

  // The same as a transaction that writes sees it.
  [[nodiscard]] Result<Known> client(WriteTx& tx, const TenantId& tenant_id, const AppId& id);
  [[nodiscard]] Result<Known> resource(WriteTx& tx, const TenantId& tenant_id,
                                       const std::string& identifier);

 private:
  // Of the tables that a KnownApp is made of.
  struct Versions {
    std::uint64_t apps = 0;
    std::uint64_t secrets = 0;
    std::uint64_t keys = 0;
    friend bool operator==(const Versions&, const Versions&) = default;
  };
  struct Entry {
    Versions versions;
    Known known;
  };
  using Entries = std::unordered_map<std::string, Entry>;

  [[nodiscard]] Versions versions_now() const;
  template <typename Read>
  [[nodiscard]] Result<Known> look_up(Entries& entries, const std::string& name, const Read& read);

  Store& store_;
  std::shared_mutex mutex_;
  Entries clients_;    // by id
  Entries resources_;  // by identifier
};

// For load_access_facts() in a transaction that writes. What it is made of outlives it.
class KnownAppSource final : public AppSource {
 public:
  KnownAppSource(KnownApps& apps, WriteTx& tx) : apps_(apps), tx_(tx) {}
  Result<std::optional<App>> client(const TenantId& tenant_id, const AppId& id) override;
  Result<std::optional<App>> resource(const TenantId& tenant_id,
                                      const std::string& identifier) override;

 private:
  KnownApps& apps_;
  WriteTx& tx_;
};

}  // namespace curfew
