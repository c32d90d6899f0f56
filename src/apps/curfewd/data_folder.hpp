// apps/curfewd/data_folder.hpp: where one server keeps everything, and the keys derived from its
// key.
//
//   curfewd.toml          settings
//   curfew.db (-wal -shm) the store
//   key                   32 random bytes, base64url: seals signing keys, derives the others.
//   Without
//                         it the database's secrets are lost; whoever has both can sign tokens. It
//                         may be kept elsewhere (--key-file).
//   ca.pem ca-key.pem     the development authority
//   server.pem server-key.pem
//   curfewd.sock          the local socket, for root and the server's own user
//   gate-leases           the longest that a lease of gates could be, ever; grows only
//   lock                  held by the running server, or by an offline tool
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "io/file.hpp"

namespace curfew {

struct DataFolder {
  std::string path;
  std::string key_file;  // empty: in the folder

  // As they are typed: for the commands that messages name.
  [[nodiscard]] std::string options() const {
    return "--data " + path + (key_file.empty() ? "" : " --key-file " + key_file);
  }
  [[nodiscard]] std::string config() const { return path + "/curfewd.toml"; }
  [[nodiscard]] std::string database() const { return path + "/curfew.db"; }
  [[nodiscard]] std::string key() const { return key_file.empty() ? path + "/key" : key_file; }
  [[nodiscard]] std::string ca() const { return path + "/ca.pem"; }
  [[nodiscard]] std::string ca_key() const { return path + "/ca-key.pem"; }
  [[nodiscard]] std::string certificate() const { return path + "/server.pem"; }
  [[nodiscard]] std::string certificate_key() const { return path + "/server-key.pem"; }
  [[nodiscard]] std::string socket() const { return path + "/curfewd.sock"; }
  [[nodiscard]] std::string gate_leases() const { return path + "/gate-leases"; }
  [[nodiscard]] std::string lock() const { return path + "/lock"; }
};

// `not_found`: what was looked for in the folder is not there, and what makes it.
[[nodiscard]] Error no_data_folder(const DataFolder& folder, const Error& why);

// The folder for this process alone; the error says who has it and what to do.
[[nodiscard]] Result<FileLock> lock_data_folder(const DataFolder& folder);

// Writes a new master key (mode 0600); `conflict` if there is one.
Status create_master_key(const DataFolder& folder);
[[nodiscard]] Result<Secret> read_master_key(const DataFolder& folder);

// The longest time that a gate may ever have been let alone for by a server of this folder, `own`
// included; remembered before it is given.
[[nodiscard]] Result<Duration> note_longest_lease(const DataFolder& folder, Duration own);

// Independent keys for what is never stored (crypto/hmac.hpp, hkdf_sha256).
[[nodiscard]] Secret refresh_token_key(const Secret& master);
[[nodiscard]] Secret browser_state_key(const Secret& master);

}  // namespace curfew
