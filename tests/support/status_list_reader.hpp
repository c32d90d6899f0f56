// tests/support/status_list_reader.hpp: what a resource does with a status list, without looking at
// its signature.
#pragma once

#include <doctest/doctest.h>
#include <zlib.h>

#include <string>

#include "model/token_status.hpp"
#include "tests/support/server_fixture.hpp"

namespace curfew::test {

struct ListedPlace {
  std::string uri;
  std::size_t idx = 0;
};

// The token's claim `status`.
inline ListedPlace listed_place_in(const std::string& token) {
  const auto claims = claims_in(token);
  const auto* status = claims.if_contains("status");
  REQUIRE_MESSAGE(status != nullptr, "the token is in no status list");
  const auto& place = status->as_object().at("status_list").as_object();
  return {std::string{place.at("uri").as_string()}, place.at("idx").to_number<std::size_t>()};
}

inline HttpResponse fetch_list(ServerFixture& server, const std::string& uri,
                               const Fields& headers = {}) {
  REQUIRE(uri.starts_with(server.base_url));
  return server.send(server.get(uri.substr(server.base_url.size()), headers));
}

// The byte array of a list.
inline std::string bytes_of_list(const std::string& jwt) {
  const auto claims = claims_in(jwt);
  const auto& list = claims.at("status_list").as_object();
  REQUIRE(list.at("bits").as_int64() == 1);
  const auto packed = base64url_decode(list.at("lst").as_string());
  REQUIRE(packed);
  std::string bytes(kStatusListSize / 8, '\0');
  uLongf size = bytes.size();
  REQUIRE(uncompress(reinterpret_cast<Bytef*>(bytes.data()), &size,
                     reinterpret_cast<const Bytef*>(packed->data()), packed->size()) == Z_OK);
  REQUIRE(size == bytes.size());
  return bytes;
}

inline bool is_called_valid(const std::string& jwt, std::size_t idx) {
  const std::string bytes = bytes_of_list(jwt);
  REQUIRE(idx / 8 < bytes.size());
  return ((static_cast<unsigned char>(bytes[idx / 8]) >> (idx % 8)) & 1U) == 0;
}

// Fetches the list of the place and looks.
inline bool is_called_valid(ServerFixture& server, const ListedPlace& place) {
  const HttpResponse answer = fetch_list(server, place.uri);
  REQUIRE(answer.status == 200);
  REQUIRE(claim(answer.body, "sub") == place.uri);
  return is_called_valid(answer.body, place.idx);
}

}  // namespace curfew::test
