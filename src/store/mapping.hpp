// store/mapping.hpp: between model types and rows, described once for each type by its members.
//
//   template <> struct Mapping<User> {
//     static constexpr std::string_view table = "users";
//     static auto columns() { return std::tuple{column("tenant_id", &User::tenant_id), ...}; }
//     static constexpr std::size_t key_column_count = 2;
//     static std::vector<IndexSpec> indexes();
//   };
//
// then load<User>(tx, tenant, id), scan_as<User>(tx, query), save(tx, user), remove<User>(tx, ...).
// A type whose Mapping has `watched` is part of the directory: store/watched.hpp.
//
// Column types: std::string and Id (text), bool, integers, TimePoint, Position (integer), enums
// with to_string and parse_enum (text), Bytes (bytes), vector<string> (text, a JSON array), and
// std::optional of any of these (nullable). A row that does not parse is `corrupted`.
#pragma once

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "model/position.hpp"
#include "store/store.hpp"
#include "store/watched.hpp"

namespace curfew {

template <typename T>
struct Mapping;  // specialised in store/schema.hpp

// Raw bytes in a column, as distinct from text.
struct Bytes {
  std::string data;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};

template <typename Owner, typename Member>
struct Column {
  std::string_view name;
  Member Owner::* member;
};
template <typename Owner, typename Member>
[[nodiscard]] constexpr Column<Owner, Member> column(std::string_view name,
                                                     Member Owner::* member) {
  return {name, member};
}

namespace detail {

[[nodiscard]] std::string encode_list(const std::vector<std::string>& items);
[[nodiscard]] std::optional<std::vector<std::string>> decode_list(const std::string& text);

template <typename T>
struct Cell;  // to_value, from_value, type, nullable

template <typename T>
struct IsId : std::false_type {};
template <typename Tag>
struct IsId<Id<Tag>> : std::true_type {};

template <>
struct Cell<std::string> {
  static constexpr ColumnType type = ColumnType::text;
  static Value to_value(const std::string& value) { return value; }
  static std::optional<std::string> from_value(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? std::optional{*text} : std::nullopt;
  }
};
template <typename T>
  requires IsId<T>::value
struct Cell<T> {
  static constexpr ColumnType type = ColumnType::text;
  static Value to_value(const T& value) { return value.str(); }
  static std::optional<T> from_value(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? std::optional{T{*text}} : std::nullopt;
  }
};
template <std::integral T>
struct Cell<T> {
  static constexpr ColumnType type = ColumnType::integer;
  static Value to_value(T value) { return static_cast<std::int64_t>(value); }
  static std::optional<T> from_value(const Value& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr) return std::nullopt;
    if constexpr (std::same_as<T, bool>) {
      return *number == 0 || *number == 1 ? std::optional{*number == 1} : std::nullopt;
    } else {
      return std::in_range<T>(*number) ? std::optional{static_cast<T>(*number)} : std::nullopt;
    }
  }
};
template <>
struct Cell<TimePoint> {
  static constexpr ColumnType type = ColumnType::integer;
  static Value to_value(TimePoint value) { return to_unix_millis(value); }
  static std::optional<TimePoint> from_value(const Value& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    return number != nullptr ? std::optional{from_unix_millis(*number)} : std::nullopt;
  }
};
template <>
struct Cell<Position> {
  static constexpr ColumnType type = ColumnType::integer;
  static Value to_value(Position value) { return pack(value); }
  static std::optional<Position> from_value(const Value& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    return number != nullptr && *number >= 0 ? std::optional{unpack_position(*number)}
                                             : std::nullopt;
  }
};
template <>
struct Cell<Bytes> {
  static constexpr ColumnType type = ColumnType::bytes;
  static Value to_value(const Bytes& value) { return value.data; }
  static std::optional<Bytes> from_value(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? std::optional{Bytes{*text}} : std::nullopt;
  }
};
template <>
struct Cell<std::vector<std::string>> {
  static constexpr ColumnType type = ColumnType::text;
  static Value to_value(const std::vector<std::string>& value) { return encode_list(value); }
  static std::optional<std::vector<std::string>> from_value(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? decode_list(*text) : std::nullopt;
  }
};
// An enum is stored as its word: to_string(T) and parse_enum(text, T&) are found by its namespace.
template <typename T>
  requires std::is_enum_v<T>
struct Cell<T> {
  static constexpr ColumnType type = ColumnType::text;
  static Value to_value(T value) { return std::string{to_string(value)}; }
  static std::optional<T> from_value(const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    T parsed{};
    return text != nullptr && parse_enum(*text, parsed) ? std::optional{parsed} : std::nullopt;
  }
};

template <typename T>
struct Nullable : std::false_type {
  using Inner = T;
};
template <typename T>
struct Nullable<std::optional<T>> : std::true_type {
  using Inner = T;
};

template <typename T>
[[nodiscard]] Value to_cell(const T& value) {
  if constexpr (Nullable<T>::value) {
    return value ? Cell<typename Nullable<T>::Inner>::to_value(*value) : Value{};
  } else {
    return Cell<T>::to_value(value);
  }
}
template <typename T>
[[nodiscard]] bool from_cell(const Value& value, T& out) {
  if constexpr (Nullable<T>::value) {
    if (std::holds_alternative<std::monostate>(value)) {
      out.reset();
      return true;
    }
    auto parsed = Cell<typename Nullable<T>::Inner>::from_value(value);
    if (!parsed) return false;
    out = std::move(*parsed);
    return true;
  } else {
    auto parsed = Cell<T>::from_value(value);
    if (!parsed) return false;
    out = std::move(*parsed);
    return true;
  }
}

template <typename Owner, typename Member>
[[nodiscard]] ColumnSpec column_spec(const Column<Owner, Member>& from) {
  return {from.name, Cell<typename Nullable<Member>::Inner>::type, Nullable<Member>::value};
}

}  // namespace detail

// The table of a model type; built once.
template <typename T>
[[nodiscard]] const TableSpec& table_of() {
  static const TableSpec spec = std::apply(
      [](const auto&... columns) {
        return TableSpec{Mapping<T>::table,
                         {detail::column_spec(columns)...},
                         Mapping<T>::key_column_count,
                         Mapping<T>::indexes()};
      },
      Mapping<T>::columns());
  return spec;
}

template <typename T>
[[nodiscard]] Row to_row(const T& object) {
  return std::apply(
      [&](const auto&... columns) { return Row{detail::to_cell(object.*(columns.member))...}; },
      Mapping<T>::columns());
}

template <typename T>
[[nodiscard]] Result<T> from_row(const Row& row) {
  T object{};
  std::size_t at = 0;
  const bool whole = std::apply(
      [&](const auto&... columns) {
        return row.size() == sizeof...(columns) &&
               (detail::from_cell(row[at++], object.*(columns.member)) && ...);
      },
      Mapping<T>::columns());
  if (!whole) {
    return Error::permanent(ErrorCode::corrupted,
                            "a row of " + std::string{Mapping<T>::table} + " does not parse");
  }
  return object;
}

// The object with this primary key, or nothing.
template <typename T, typename... Keys>
[[nodiscard]] Result<std::optional<T>> load(ReadTx& tx, const Keys&... keys) {
  CURFEW_TRY(const std::optional<Row> row, tx.find(table_of<T>(), {detail::to_cell(keys)...}));
  if (!row) return std::optional<T>{};
  CURFEW_TRY(T object, from_row<T>(*row));
  return std::optional<T>{std::move(object)};
}

// Like load, with `not_found` and the sentence "there is no <what>" where there is none.
template <typename T, typename... Keys>
[[nodiscard]] Result<T> require(ReadTx& tx, std::string_view what, const Keys&... keys) {
  CURFEW_TRY(std::optional<T> object, load<T>(tx, keys...));
  if (!object) {
    return Error::permanent(ErrorCode::not_found, "there is no " + std::string{what});
  }
  return std::move(*object);
}

// All objects that the query names; query.table is set here.
template <typename T>
[[nodiscard]] Result<std::vector<T>> scan_as(ReadTx& tx, Query query) {
  query.table = &table_of<T>();
  CURFEW_TRY(const std::vector<Row> rows, tx.scan(query));
  std::vector<T> objects;
  objects.reserve(rows.size());
  for (const Row& row : rows) {
    CURFEW_TRY(T object, from_row<T>(row));
    objects.push_back(std::move(object));
  }
  return objects;
}

// The values of a query's prefix: keys_of(tenant_id, user_id).
template <typename... Keys>
[[nodiscard]] std::vector<Value> keys_of(const Keys&... keys) {
  return {detail::to_cell(keys)...};
}

// Whether rows of the type are the directory, so that each change of them is logged.
template <typename T>
concept Watched = requires { Mapping<T>::watched(); };
namespace detail {
template <Watched T>
[[nodiscard]] const WatchedTable& watched_table() {
  static const WatchedTable watched = Mapping<T>::watched();
  return watched;
}
}  // namespace detail

template <typename T>
Status add(WriteTx& tx, const T& object) {
  if constexpr (Watched<T>) {
    return add_watched(tx, table_of<T>(), detail::watched_table<T>(), to_row(object));
  } else {
    return tx.insert(table_of<T>(), to_row(object));
  }
}
template <typename T>
Status save(WriteTx& tx, const T& object) {
  if constexpr (Watched<T>) {
    return save_watched(tx, table_of<T>(), detail::watched_table<T>(), to_row(object));
  } else {
    return tx.put(table_of<T>(), to_row(object));
  }
}
template <typename T, typename... Keys>
Result<bool> remove(WriteTx& tx, const Keys&... keys) {
  std::vector<Value> key{detail::to_cell(keys)...};
  if constexpr (Watched<T>) {
    return remove_watched(tx, table_of<T>(), detail::watched_table<T>(), key);
  } else {
    return tx.erase(table_of<T>(), key);
  }
}

}  // namespace curfew
