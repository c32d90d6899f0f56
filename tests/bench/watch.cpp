#include "tests/bench/watch.hpp"

#include <utility>

namespace curfew::bench {

Watch::Watch(std::vector<CredentialFacts> credentials) : credentials_(std::move(credentials)) {
  for (std::size_t at = 0; at < credentials_.size(); ++at) {
    std::vector<std::size_t>& places = places_of_.emplace_back();
    for (const Key& key : credentials_[at].keys) {
      const auto found = places_.try_emplace(key, places_.size()).first;
      if (found->second == named_by_.size()) named_by_.emplace_back();
      named_by_[found->second].push_back(at);
      places.push_back(found->second);
    }
  }
}

std::optional<std::size_t> Watch::place_of(const Key& key) const {
  const auto found = places_.find(key);
  if (found == places_.end()) return std::nullopt;
  return found->second;
}

}  // namespace curfew::bench
