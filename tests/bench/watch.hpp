// tests/bench/watch.hpp: the credentials that a row revokes, and by which keys they are found.
//
// Made before anything runs, and not changed: from any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "model/key.hpp"
#include "model/validity.hpp"

namespace curfew::bench {

class Watch {
 public:
  explicit Watch(std::vector<CredentialFacts> credentials);

  [[nodiscard]] std::size_t count() const { return credentials_.size(); }
  [[nodiscard]] const CredentialFacts& credential(std::size_t at) const { return credentials_[at]; }

  // Each key that a credential names has a place.
  [[nodiscard]] std::size_t places() const { return named_by_.size(); }
  [[nodiscard]] std::optional<std::size_t> place_of(const Key& key) const;
  // The credentials that name it.
  [[nodiscard]] std::span<const std::size_t> named_by(std::size_t place) const {
    return named_by_[place];
  }
  // Of each of the credential's keys, in their order.
  [[nodiscard]] std::span<const std::size_t> places_of(std::size_t credential) const {
    return places_of_[credential];
  }

 private:
  std::vector<CredentialFacts> credentials_;
  std::unordered_map<Key, std::size_t> places_;
  std::vector<std::vector<std::size_t>> named_by_;
  std::vector<std::vector<std::size_t>> places_of_;
};

}  // namespace curfew::bench
