// store/witness.hpp: a small file outside of the data folder that remembers how far the journal
// was.
//
// A data folder that is put back from a backup, or a disk that lost writes it had confirmed, leaves
// a journal that ends before what we told people. The witness finds out at the next start. It is
// raised as the store's group hook, so nobody is told of a commit that it does not know. It shows
// accidents and restored backups; whoever can write both files can hide.
//
// The file has two slots of fixed size, written in turn, each with a checksum: whatever a crash or
// a torn write leaves of one, the other one is whole. Version 2 of the format.
//
// The file carries an id that the database knows too (model/tenant_witness.hpp), so that a file of
// another place, or none, is noticed: nothing is ever made in the place of a witness that is gone.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/id.hpp"
#include "base/result.hpp"
#include "io/unique_fd.hpp"
#include "model/chain_mark.hpp"

namespace curfew {

// Thread-safe.
class Witness {
 public:
  // Makes the file (mode 0600), whole and on disk. `conflict`: there is one. A mark that is not set
  // is of an empty journal.
  static Status create(const std::string& path, const TenantId& tenant_id, const std::string& id,
                       const ChainMark& mark);
  // `not_found`: there is no such file. `conflict`: it belongs to another tenant. `corrupted`:
  // neither slot is whole.
  [[nodiscard]] static Result<std::unique_ptr<Witness>> open(const std::string& path,
                                                             const TenantId& tenant_id);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] ChainMark current() const;

  // Remembers a later mark; on disk when it returns. Earlier ones change nothing. `corrupted`: the
  // same position with another hash. After an error the file still has a mark that was raised.
  Status raise(Position position, const std::string& chain_hash);

 private:
  Witness(UniqueFd fd, std::string path, TenantId tenant_id, std::string id, ChainMark mark,
          std::uint64_t write_count);

  const UniqueFd fd_;
  const std::string path_;
  const TenantId tenant_id_;
  const std::string id_;
  mutable std::mutex mutex_;  // guards the rest, and the file
  ChainMark mark_;
  std::uint64_t write_count_;  // of the slot in force; the next write goes to the other slot
};

}  // namespace curfew
