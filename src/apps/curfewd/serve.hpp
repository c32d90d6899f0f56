// apps/curfewd/serve.hpp: `curfewd serve`: runs the server until SIGTERM or SIGINT, then drains.
#pragma once

#include <string>

#include "apps/curfewd/data_folder.hpp"
#include "base/result.hpp"

namespace curfew {

struct ServeOptions {
  DataFolder folder;
  std::string config_file;   // empty: the folder's curfewd.toml
  std::string witness_file;  // empty: none; see docs/operations.md, the fence
};

// Returns when the server has stopped. Errors say what stands in the way and what to do: the folder
// is in use, an address is taken, the settings are wrong, the store is behind its witness.
Status serve(const ServeOptions& options);

}  // namespace curfew
