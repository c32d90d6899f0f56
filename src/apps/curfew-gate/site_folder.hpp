// apps/curfew-gate/site_folder.hpp: what a gate keeps of its sites, in its folder:
//
//   sites.toml               what an operator may change: one [[site]] table for each
//   site-NAME.pem            the private key with which it is its application
//   site-NAME.cookie-keys    keys of its cookies, base64url, one a line: the first seals
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/curfew-gate/gate_key.hpp"
#include "base/result.hpp"
#include "gate/session/site.hpp"

namespace curfew {

// invalid_argument, "name:line: what is wrong there"; also for a name or an address that is there
// twice, and for more than kSitesMax.
[[nodiscard]] Result<std::vector<SiteSettings>> parse_sites(std::string_view text,
                                                            const std::string& name);

class SiteFolder {
 public:
  explicit SiteFolder(std::string path) : path_(std::move(path)) {}

  // Of sites.toml; none where there is no such file.
  [[nodiscard]] Result<std::vector<SiteSettings>> settings() const;
  // With their keys. corrupted, naming the file, for a key that is missing or none.
  [[nodiscard]] Result<std::vector<Site>> sites() const;
  // Makes its keys, then puts it into sites.toml; a try that was interrupted in between is gone on
  // with. conflict: there is one of that name or address.
  [[nodiscard]] Result<GateKey> add(const SiteSettings& settings) const;
  [[nodiscard]] Result<GateKey> key(const std::string& name) const;

 private:
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] Result<CookieKeys> cookie_keys(const std::string& name) const;
  std::string path_;
};

}  // namespace curfew
