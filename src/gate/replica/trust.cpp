#include "gate/replica/trust.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace curfew {

Status check_trust(const FileFacts& facts, const std::vector<uid_t>& owners,
                   const std::string& path) {
  const bool is_known = facts.owner == 0 || std::count(owners.begin(), owners.end(), facts.owner);
  if (!is_known) {
    return Error{ErrorCode::denied, Retry::after_human,
                 path + " belongs to user " + std::to_string(facts.owner) +
                     ", who is neither root nor the gate: not believed"};
  }
  if ((facts.mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Error{ErrorCode::denied, Retry::after_human,
                 path + " can be written by others than its owner: not believed"};
  }
  return Done{};
}

}  // namespace curfew
