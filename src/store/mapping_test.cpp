#include "store/mapping.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace curfew {
namespace {

enum class Colour { red, green };
std::string_view to_string(Colour colour) { return colour == Colour::red ? "red" : "green"; }
bool parse_enum(std::string_view text, Colour& out) {
  if (text != "red" && text != "green") return false;
  out = text == "red" ? Colour::red : Colour::green;
  return true;
}

struct Everything {
  TenantId tenant_id;
  std::int64_t number = 0;
  bool flag = false;
  std::uint32_t small = 0;
  Colour colour = Colour::red;
  TimePoint at{};
  Position position;
  Bytes raw;
  std::vector<std::string> list;
  std::optional<std::string> maybe_text;
  std::optional<TimePoint> maybe_at;
  friend bool operator==(const Everything&, const Everything&) = default;
};

}  // namespace

template <>
struct Mapping<Everything> {
  static constexpr std::string_view table = "everything";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{
        column("tenant_id", &Everything::tenant_id), column("number", &Everything::number),
        column("flag", &Everything::flag),           column("small", &Everything::small),
        column("colour", &Everything::colour),       column("at", &Everything::at),
        column("position", &Everything::position),   column("raw", &Everything::raw),
        column("list", &Everything::list),           column("maybe_text", &Everything::maybe_text),
        column("maybe_at", &Everything::maybe_at)};
  }
  static std::vector<IndexSpec> indexes() { return {{"everything_by_at", {0, 5}, false}}; }
};

namespace {

Everything sample() {
  return {.tenant_id = TenantId{"t"},
          .number = -7,
          .flag = true,
          .small = std::numeric_limits<std::uint32_t>::max(),
          .colour = Colour::green,
          .at = from_unix_millis(1'700'000'000'123),
          .position = {3, 9},
          .raw = Bytes{std::string{"\0\xff", 2}},
          .list = {"a", "", "\"\\\n"},
          .maybe_text = std::nullopt,
          .maybe_at = from_unix_millis(-1)};
}

// Whether a row of sample() with `value` in this column is read.
bool reads_with(std::size_t column, Value value) {
  Row row = to_row(sample());
  row[column] = std::move(value);
  const Result<Everything> read = from_row<Everything>(row);
  if (!read.ok()) CHECK(read.error().code() == ErrorCode::corrupted);
  return read.ok();
}

TEST_CASE("an object comes back from its row as it was") {
  const Result<Everything> read = from_row<Everything>(to_row(sample()));
  REQUIRE(read.ok());
  CHECK(*read == sample());
}

TEST_CASE("a table is described by the members of its type") {
  const TableSpec& spec = table_of<Everything>();
  CHECK(spec.name == "everything");
  REQUIRE(spec.columns.size() == 11);
  CHECK(spec.key_column_count == 2);
  CHECK(spec.columns[1].type == ColumnType::integer);
  CHECK(spec.columns[4].type == ColumnType::text);
  CHECK(spec.columns[7].type == ColumnType::bytes);
  CHECK_FALSE(spec.columns[8].nullable);
  CHECK(spec.columns[9].nullable);
  CHECK(spec.columns[10].nullable);
  CHECK(spec.columns[10].type == ColumnType::integer);
}

TEST_CASE("a row that does not parse is corrupted, never half read") {
  CHECK(reads_with(1, 5));
  CHECK_FALSE(reads_with(1, "5"));
  CHECK_FALSE(reads_with(1, {}));
  CHECK_FALSE(reads_with(2, 2));   // neither false nor true
  CHECK_FALSE(reads_with(3, -1));  // does not fit 32 bits without a sign
  CHECK_FALSE(reads_with(3, 1LL << 32));
  CHECK_FALSE(reads_with(4, "blue"));
  CHECK_FALSE(reads_with(6, -1));
  CHECK_FALSE(reads_with(8, "not a list"));
  CHECK(reads_with(9, "text"));
  CHECK_FALSE(reads_with(9, 1));
  Row short_row = to_row(sample());
  short_row.pop_back();
  CHECK_FALSE(from_row<Everything>(short_row).ok());
}

TEST_CASE("objects are added, saved, loaded, scanned and removed by their keys") {
  const auto store = make_memory_store();
  const Status status = store->write_and_wait(Urgency::normal, [](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(add(tx, sample()));
    CHECK_FALSE(add(tx, sample()).ok());
    Everything changed = sample();
    changed.maybe_text = "now";
    CURFEW_TRY_STATUS(save(tx, changed));
    CHECK(load<Everything>(tx, TenantId{"t"}, std::int64_t{-7}).value() == changed);
    CHECK(scan_as<Everything>(tx, {.prefix = keys_of(TenantId{"t"})}).value().size() == 1);
    CHECK(remove<Everything>(tx, TenantId{"t"}, std::int64_t{-7}).value());
    CHECK_FALSE(load<Everything>(tx, TenantId{"t"}, std::int64_t{-7}).value().has_value());
    const auto missing = require<Everything>(tx, "such thing", TenantId{"t"}, std::int64_t{1});
    CHECK(missing.error().code() == ErrorCode::not_found);
    CHECK(missing.error().message() == "there is no such thing");
    return Done{};
  });
  CHECK(status.ok());
}

TEST_CASE("lists are JSON, and any bytes come back") {
  using List = std::vector<std::string>;
  CHECK(detail::encode_list({}) == "[]");
  CHECK(detail::encode_list({"a", "b c"}) == R"(["a","b c"])");
  CHECK(detail::encode_list({"\"\\/\x01\n"}) == "[\"\\\"\\\\/\\u0001\\u000a\"]");
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));
  const List list{"", every_byte, "x"};
  CHECK(detail::decode_list(detail::encode_list(list)) == list);
}

TEST_CASE("lists that other programs wrote are read by the rules of JSON") {
  using List = std::vector<std::string>;
  CHECK(detail::decode_list(" [ \"a\" ,\n\t\"b\" ] ") == List{"a", "b"});
  CHECK(detail::decode_list(R"(["\b\f\n\r\t\/\u00e9\u20AC\ud83d\ude00"])") ==
        List{"\b\f\n\r\t/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"});
  for (const char* bad : {"",
                          "[",
                          "]",
                          "[]]",
                          "[] x",
                          "[\"a\"",
                          "[\"a]",
                          "[a]",
                          "[1]",
                          "[null]",
                          "[\"a\",]",
                          "[,\"a\"]",
                          "[\"a\" \"b\"]",
                          "[[\"a\"]]",
                          "{\"a\":\"b\"}",
                          R"(["\x"])",
                          R"(["\u12"])",
                          R"(["\u12g4"])",
                          R"(["\ud83d"])",
                          R"(["\ud83dx"])",
                          R"(["\ud83d\u0041"])",
                          R"(["\ude00"])",
                          "[\"\n\"]",
                          "[\"\\"}) {
    CAPTURE(bad);
    CHECK_FALSE(detail::decode_list(bad).has_value());
  }
}

}  // namespace
}  // namespace curfew
