// apps/curfewd/signing_keys.hpp: the operator's commands about signing keys, on a stopped server's
// folder: list, rotate, withdraw.
//
// A key is `next` (published, so that verifiers learn it), then `active` (signs), then `retired`
// (published until the last token that it signed has expired), then gone. A `withdrawn` key is
// blocked in the journal: everything that it signed is dead at once.
#pragma once

#include <string>

#include "apps/curfewd/data_folder.hpp"
#include "base/result.hpp"

namespace curfew {

struct SigningKeyOptions {
  DataFolder folder;
  std::string key_id;
  std::string witness_file;
};

// One line for each key: use, algorithm, state, since when, id.
Status list_keys(const DataFolder& folder);

// The next token keys become active, those before retire, new ones are published as next; what
// retired longer ago than any token can live is removed.
Status rotate_keys(const DataFolder& folder);

// For a key that others may have: what it signed is dead. Where it was active, the next one, or a
// new one if there is none, takes its place. The tenant's witness knows of it when this returns.
// `not_found`: there is no such key.
Status withdraw_key(const SigningKeyOptions& options);

}  // namespace curfew
