// tests/conformance/store_specs.hpp: tables made for testing stores: every column type, NULLs,
// unique and plain indexes, keys of one to three columns.
#pragma once

#include <array>
#include <span>
#include <string>
#include <utility>

#include "store/spec.hpp"

namespace curfew::conformance {

// tenant, id | name (unique), age (nullable), badge (nullable, unique), photo (nullable bytes)
inline const TableSpec& people() {
  static const TableSpec spec{"people",
                              {{"tenant_id", ColumnType::text, false},
                               {"id", ColumnType::text, false},
                               {"name", ColumnType::text, false},
                               {"age", ColumnType::integer, true},
                               {"badge", ColumnType::text, true},
                               {"photo", ColumnType::bytes, true}},
                              2,
                              {{"people_by_name", {0, 2}, true},
                               {"people_by_age", {0, 3}, false},
                               {"people_by_badge", {0, 4}, true}}};
  return spec;
}

// tenant, group, number | note (nullable). Words that SQL reserves, on purpose.
inline const TableSpec& members() {
  static const TableSpec spec{"group",
                              {{"tenant_id", ColumnType::text, false},
                               {"order", ColumnType::text, false},
                               {"number", ColumnType::integer, false},
                               {"note", ColumnType::text, true}},
                              3,
                              {{"group_by_number", {0, 2}, false}}};
  return spec;
}

// number | payload: the smallest table.
inline const TableSpec& counters() {
  static const TableSpec spec{
      "counters",
      {{"number", ColumnType::integer, false}, {"payload", ColumnType::bytes, false}},
      1,
      {}};
  return spec;
}

inline std::span<const TableSpec* const> test_tables() {
  static const std::array tables{&people(), &members(), &counters()};
  return tables;
}

inline Row person(std::string tenant, std::string id, std::string name, Value age = {},
                  Value badge = {}, Value photo = {}) {
  return {std::move(tenant), std::move(id),    std::move(name),
          std::move(age),    std::move(badge), std::move(photo)};
}
inline Row member(std::string tenant, std::string group, std::int64_t number, Value note = {}) {
  return {std::move(tenant), std::move(group), number, std::move(note)};
}
inline Row counter(std::int64_t number, std::string payload = {}) {
  return {number, std::move(payload)};
}

}  // namespace curfew::conformance
