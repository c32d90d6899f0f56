#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "store/ddl.hpp"
#include "store/migrations.hpp"
#include "store/schema.hpp"
#include "store/schema_changes.hpp"
#include "store/schema_clients.hpp"
#include "store/schema_commands.hpp"
#include "store/schema_device_codes.hpp"
#include "store/schema_fences.hpp"
#include "store/schema_gates.hpp"
#include "store/schema_lifetimes.hpp"
#include "store/schema_logout.hpp"
#include "store/schema_password_reset.hpp"
#include "store/schema_registration.hpp"
#include "store/schema_rollback.hpp"
#include "store/schema_runs.hpp"
#include "store/schema_signals.hpp"
#include "store/schema_signins.hpp"
#include "store/schema_sources.hpp"
#include "store/schema_targets.hpp"
#include "store/schema_token_status.hpp"
#include "store/shape.hpp"
#include "store/sqlite_tx.hpp"

// tests/store/schema_vN.sql is a database as version N of the schema left it, with sample rows.
// Every one must come forward to today's schema, and each row must read as its type. A dump is not
// changed once its version is released; this test writes the one of a new version when it is run
// with CURFEW_WRITE_SCHEMA_DUMP=tests/store/schema_vN.sql.

namespace curfew {
namespace {

template <typename... Types>
struct TypeList {
  static constexpr std::size_t size = sizeof...(Types);
};

// The types of all_tables().
using StoredTypes =
    TypeList<Tenant, User, Group, GroupMember, RoleAssignment, Device, App, AppSecret, ApiKey,
             AppAssignment, Consent, Session, AuthorizationCode, Grant, StoredSigningKey,
             JournalEntry, Hold, StoredWatermark, Run, Step, AccessPath, AuditEntry, AuditPersonal,
             AuditPersonKey, SignIn, RollbackProof, TenantWitness, LifetimeInForce, DeletedUser,
             DirectoryIndexEntry, ClientKey, UsedAssertion, PushedRequest, DeviceCode,
             RegistrationToken, Registration, EmailMethod, PasswordResetCode, Letter,
             DirectoryChange, DirectoryChangeMark, Subscription, RiskEvent, Gate, SessionClient,
             LogoutNotice, SignalStream, Signal, RemovedSubject, Fence, FenceGate, LostBlock,
             RevocationTarget, SignalSource, ReceivedSignal, CommandParty, TokenStatus>;

SqliteConnection empty_database() {
  auto connection = SqliteConnection::open("", SqliteAccess::memory);
  REQUIRE(connection.ok());
  return std::move(connection).value();
}

void require_ok(const Status& status) {
  if (!status.ok()) FAIL(status.error().message());
}

// Changes one value if the type still reads the row then: an enumeration keeps its word.
template <typename T>
void try_value(Row& row, std::size_t column, Value value) {
  std::swap(row[column], value);
  if (!from_row<T>(row).ok()) std::swap(row[column], value);
}

// The second row has something wherever there can be something; the first has NULLs.
template <typename T>
Row sample_row(int number) {
  const TableSpec& table = table_of<T>();
  Row row = to_row(T{});
  for (std::size_t at = 0; at < row.size(); ++at) {
    const std::string name = std::string{table.columns[at].name} + "-" + std::to_string(number);
    const bool is_empty = row[at] == Value{""};
    const bool is_text = table.columns[at].type == ColumnType::text;
    if (is_empty) try_value<T>(row, at, name);
    if (number == 1) continue;
    if (row[at] == Value{"[]"}) try_value<T>(row, at, R"(["first","second"])");
    if (row[at] == Value{0}) try_value<T>(row, at, 1'700'000'000'000);
    if (row[at] == Value{0}) try_value<T>(row, at, 1);
    if (is_null(row[at])) try_value<T>(row, at, is_text ? Value{name} : Value{1'700'000'000'000});
  }
  return row;
}

template <typename... Types>
Status put_samples(WriteTx& tx, TypeList<Types...> /*types*/) {
  Status status = Done{};
  const auto put = [&](const TableSpec& table, const Row& row) {
    if (status.ok()) status = tx.put(table, row);
  };
  (put(table_of<Types>(), sample_row<Types>(1)), ...);
  (put(table_of<Types>(), sample_row<Types>(2)), ...);
  return status;
}

std::vector<std::string> lines_of(SqliteConnection& database, const std::string& sql) {
  auto statement = database.prepare(sql);
  REQUIRE(statement.ok());
  std::vector<std::string> lines;
  while ((*statement).step() == SQLITE_ROW) lines.push_back((*statement).text(0));
  return lines;
}

// The SQL that makes this database.
std::string dump_of(SqliteConnection& database) {
  std::string out;
  for (const std::string& sql :
       lines_of(database, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")) {
    out += sql + ";\n";
  }
  for (const std::string& name :
       lines_of(database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")) {
    std::string columns;
    for (const std::string& column :
         lines_of(database, "SELECT name FROM pragma_table_info('" + name + "') ORDER BY cid")) {
      columns += (columns.empty() ? "quote(" : " || ', ' || quote(") + sql_name(column) + ")";
    }
    for (const std::string& values :
         lines_of(database, "SELECT " + columns + " FROM " + sql_name(name))) {
      out += "INSERT INTO " + sql_name(name) + " VALUES (" + values + ");\n";
    }
  }
  return out;
}

void write_dump(const std::string& path) {
  SqliteConnection database = empty_database();
  require_ok(migrate(database, built_in_migrations()));
  SqliteSession session{std::move(database)};
  SqliteTx tx{session};
  require_ok(put_samples(tx, StoredTypes{}));
  std::ofstream{path} << "-- A database as version " << built_in_migrations().back().version
                      << " of the schema left it. Never changed after its release.\n"
                      << dump_of(session.connection());
}

template <typename T>
void check_rows_read(ReadTx& tx) {
  CAPTURE(Mapping<T>::table);
  const auto objects = scan_as<T>(tx, {});
  if (!objects.ok()) FAIL(objects.error().message());
  // Tables that are younger than the dump are empty.
  CHECK((objects.value().size() == 2 || objects.value().empty()));
}

template <typename... Types>
void check_all_rows_read(ReadTx& tx, TypeList<Types...> /*types*/) {
  (check_rows_read<Types>(tx), ...);
}

void check_dump(const std::filesystem::path& path) {
  CAPTURE(path.string());
  std::ifstream in{path, std::ios::binary};
  const std::string sql{std::istreambuf_iterator<char>{in}, {}};
  SqliteConnection database = empty_database();
  require_ok(database.execute(sql));
  const int version = schema_version(database).value();
  CHECK(path.filename() == "schema_v" + std::to_string(version) + ".sql");
  require_ok(migrate(database, built_in_migrations()));
  require_ok(check_schema(database, all_tables()));
  SqliteSession session{std::move(database)};
  SqliteTx tx{session};
  check_all_rows_read(tx, StoredTypes{});
  const auto users = scan_as<User>(tx, {.prefix = {"tenant_id-2"}});
  REQUIRE(users.ok());
  REQUIRE(users.value().size() == 1);
  CHECK(users.value().front().user_principal_name == "user_principal_name-2");
  const auto journal = scan_as<JournalEntry>(tx, {.prefix = {"tenant_id-2"}});
  REQUIRE(journal.ok());
  REQUIRE(journal.value().size() == 1);
  CHECK(journal.value().front().chain_hash == "chain_hash-2");
}

TEST_CASE("every table is among the types of the dumps") {
  CHECK(StoredTypes::size == all_tables().size());
}

TEST_CASE("a database of every released schema version comes forward with its rows") {
  const std::filesystem::path folder{CURFEW_SCHEMA_DUMPS};
  if (const char* path = std::getenv("CURFEW_WRITE_SCHEMA_DUMP")) write_dump(path);
  const int newest = built_in_migrations().back().version;
  for (int version = 1; version <= newest; ++version) {
    check_dump(folder / ("schema_v" + std::to_string(version) + ".sql"));
  }
}

}  // namespace
}  // namespace curfew
