#include "apps/curfewd/audit_commands.hpp"

#include <charconv>
#include <cstdio>
#include <map>
#include <set>
#include <utility>

#include "apps/curfewd/offline_tenant.hpp"
#include "base/text.hpp"
#include "store/schema.hpp"
#include "store/schema_password_reset.hpp"
#include "store/schema_runs.hpp"
#include "store/schema_signins.hpp"
#include "store/sqlite_offline.hpp"

namespace curfew {

namespace {

constexpr std::size_t kPage = 1'000;
constexpr std::string_view kErased = "(erased)";

void say(const std::string& text) { std::printf("%s\n", text.c_str()); }

Error failed(const std::string& message) {
  return Error{ErrorCode::corrupted, Retry::after_human, message};
}

Result<Tenant> tenant_in(ReadTx& tx) {
  Query query;
  query.limit = 2;
  CURFEW_TRY(auto tenants, scan_as<Tenant>(tx, query));
  if (tenants.size() != 1) return failed("the database does not hold exactly one tenant");
  return std::move(tenants.front());
}

// The newest first; ends at the first error, of reading or of the visitor.
template <typename Visit>
Status visit_audit(ReadTx& tx, const AuditLog& audit, const Visit& visit) {
  AuditQuery query;
  query.limit = kPage;
  while (true) {
    CURFEW_TRY(const std::vector<AuditRecord> page, audit.read(tx, query));
    for (const AuditRecord& record : page) visit(record);
    if (page.size() < kPage) return Done{};
    query.before = page.back().entry.sequence;
  }
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// What is wrong, beside what is printed; all of it is found in one call.
class Verification {
 public:
  Verification(ReadTx& tx, const AuditLog& audit, TenantId tenant_id)
      : tx_(tx), audit_(audit), tenant_id_(std::move(tenant_id)) {}

  void check_audit() {
    const Result<AuditHead> head = verify_audit_chain(tx_, tenant_id_);
    if (!head.ok()) return add(head.error().message());
    say("audit: holds, " + std::to_string(head->sequence) + " entries");
    heads_.push_back("audit:" + std::to_string(head->sequence) + ":" + head->chain_hash);
    std::uint64_t erased = 0;
    const Status parts = visit_audit(tx_, audit_, [&](const AuditRecord& record) {
      erased += (record.actor_erased ? 1 : 0) + (record.subject_erased ? 1 : 0);
    });
    if (!parts.ok()) return add(parts.error().message());
    if (erased != 0) say("audit: of " + std::to_string(erased) + " parts the person was erased");
  }

  void check_journal() {
    const Result<JournalHead> head = verify_chain(tx_, tenant_id_);
    if (!head.ok()) return add(head.error().message());
    Query all;
    all.table = &table_of<JournalEntry>();
    all.prefix = keys_of(tenant_id_);
    const Result<std::uint64_t> count = tx_.count(all);
    if (!count.ok()) return add(count.error().message());
    const std::string position = to_string(head->position);
    say("journal: holds, " + std::to_string(*count) + " entries, up to " + position);
    heads_.push_back("journal:" + position + ":" + head->chain_hash);
  }

  // The chain before an entry cannot be changed without the entry's hash.
  void check_noted(const std::string& noted) {
    const auto words = split(noted, ':');
    // Only a chain without any entry has no hash.
    const bool is_shaped =
        words.size() == 3 && words[2].empty() == (words[1] == "0" || words[1] == "0.0");
    const std::optional<Result<std::string>> found =
        is_shaped ? hash_at(words[0], words[1]) : std::nullopt;
    if (!found) return add("not a head as this command prints it: " + escape_for_display(noted));
    if (!found->ok()) return add(found->error().message());
    if (**found == words[2]) return say("noted: " + noted + " is there");
    const std::string place = std::string{words[0]} + " at " + std::string{words[1]};
    add((*found)->empty() ? "the " + place +
                                " was noted, and is not there any more: rows were "
                                "removed at the end, or a backup was put back"
                          : "the " + place + " is another than the one noted: it was rewritten");
  }

  [[nodiscard]] Status outcome() const {
    if (!complaints_.empty()) return failed(complaints_);
    say("Note these outside, and name them to the next check with --noted:");
    for (const std::string& head : heads_) say("  " + head);
    return Done{};
  }

 private:
  // The hash of the row there, or empty; nothing: there is no such place.
  std::optional<Result<std::string>> hash_at(std::string_view chain, std::string_view place) {
    if (chain == "audit") {
      const std::optional<std::uint64_t> sequence = whole_number(place);
      if (!sequence) return std::nullopt;
      const auto entry = load<AuditEntry>(tx_, tenant_id_, *sequence);
      if (!entry.ok()) return entry.error();
      return *entry ? (*entry)->chain_hash : std::string{};
    }
    const std::optional<Position> position = parse_position(place);
    if (chain != "journal" || !position) return std::nullopt;
    const auto entry = load<JournalEntry>(tx_, tenant_id_, *position);
    if (!entry.ok()) return entry.error();
    return *entry ? (*entry)->chain_hash : std::string{};
  }

  void add(const std::string& complaint) {
    complaints_ += (complaints_.empty() ? "" : "; ") + complaint;
  }

  ReadTx& tx_;
  const AuditLog& audit_;
  TenantId tenant_id_;
  std::vector<std::string> heads_;
  std::string complaints_;
};

// --- erasing

Status refuse_accounts(ReadTx& tx, const TenantId& tenant_id, const AuditOptions& options) {
  CURFEW_TRY(std::optional<User> user, load<User>(tx, tenant_id, UserId{options.person}));
  if (!user) {
    Query query;
    query.index = "users_by_upn";
    query.prefix = keys_of(tenant_id, ascii_lower(options.person));
    query.limit = 1;
    CURFEW_TRY(auto users, scan_as<User>(tx, query));
    if (!users.empty()) user = std::move(users.front());
  }
  if (!user) return Done{};
  return Error{ErrorCode::conflict, Retry::after_human,
               user->user_principal_name +
                   " still has an account. With the server running, remove it first, which takes "
                   "all access away: curfew user remove " +
                   user->user_principal_name};
}

struct Person {
  UserId id;                    // empty: the audit has the name, and no account of it
  std::set<std::string> names;  // as the audit has them
  // The subjects of entries that name the person without an account, as a call does that found
  // none. Their key is that of every entry without a subject: they go one by one.
  std::vector<std::uint64_t> without_account;
};

// Only people are recorded under a user principal name.
Result<Person> person_in(ReadTx& tx, const AuditLog& audit, const std::string& wanted) {
  Person person;
  std::set<std::string> ids;
  std::map<std::string, std::vector<std::uint64_t>> without_account;  // by lowered name
  const std::string lowered = ascii_lower(wanted);
  const auto note = [&](const std::string& id, const std::string& name) {
    if (id.empty() || name.find('@') == std::string::npos) return;
    if (id != wanted && ascii_lower(name) != lowered) return;
    ids.insert(id);
    person.names.insert(name);
  };
  CURFEW_TRY_STATUS(visit_audit(tx, audit, [&](const AuditRecord& record) {
    note(record.actor_id, record.actor_name);
    note(record.subject_id, record.subject_name);
    if (record.subject_id.empty() && !record.subject_name.empty()) {
      without_account[ascii_lower(record.subject_name)].push_back(record.entry.sequence);
    }
  }));
  std::set<std::string> called{lowered};
  for (const std::string& name : person.names) called.insert(ascii_lower(name));
  for (const std::string& name : called) {
    const std::vector<std::uint64_t>& some = without_account[name];
    person.without_account.insert(person.without_account.end(), some.begin(), some.end());
  }
  if (ids.empty() && person.without_account.empty()) {
    return Error::permanent(ErrorCode::not_found,
                            "the audit knows nobody called " + escape_for_display(wanted));
  }
  if (ids.empty()) {
    person.names.insert(lowered);
    return person;
  }
  if (ids.size() > 1) {
    std::string message = "several people had this name; name one by its id:";
    for (const std::string& id : ids) message += " " + id;
    return Error::permanent(ErrorCode::conflict, message);
  }
  person.id = UserId{*ids.begin()};
  return person;
}

void blank_out(std::string& text, const Person& person) {
  for (const std::string& name : person.names) {
    for (std::size_t at = text.find(name); at != std::string::npos;
         at = text.find(name, at + kErased.size())) {
      text.replace(at, name.size(), kErased);
    }
  }
}

Status erase_in_run(WriteTx& tx, Run run, const Person& person) {
  run.subject_name = kErased;
  blank_out(run.reason, person);
  Query parts;
  parts.prefix = keys_of(run.tenant_id, run.id);  // no limit: a run's steps are some dozens
  CURFEW_TRY(auto steps, scan_as<Step>(tx, parts));
  for (Step& step : steps) {
    for (std::string* text : {&step.title, &step.subject, &step.last_error, &step.evidence}) {
      blank_out(*text, person);
    }
    CURFEW_TRY_STATUS(save(tx, step));
  }
  CURFEW_TRY(auto paths, scan_as<AccessPath>(tx, parts));
  for (AccessPath& path : paths) {
    for (std::string* text : {&path.display_name, &path.control, &path.reason}) {
      blank_out(*text, person);
    }
    CURFEW_TRY_STATUS(save(tx, path));
  }
  return save(tx, run);
}

Status erase_in_audit(WriteTx& tx, const TenantId& tenant_id, AuditLog& audit,
                      const Person& person) {
  for (const std::uint64_t sequence : person.without_account) {
    CURFEW_TRY_STATUS(remove<AuditPersonal>(tx, tenant_id, sequence, AuditPart::subject));
  }
  if (person.id.empty()) return Done{};
  CURFEW_TRY_STATUS(audit.erase_person(tx, person.id.str()));
  return Done{};
}

template <typename T>
Status remove_of_person(WriteTx& tx, const TenantId& tenant_id, const Person& person,
                        std::string_view index) {
  Query query;
  query.index = index;
  query.prefix = keys_of(tenant_id, person.id);  // no limit: all must go
  CURFEW_TRY(const auto rows, scan_as<T>(tx, query));
  for (const T& row : rows) {
    CURFEW_TRY_STATUS(remove<T>(tx, tenant_id, row.id));
  }
  return Done{};
}

// Mails to them that wait to be sent.
Status remove_letters(WriteTx& tx, const TenantId& tenant_id, const Person& person) {
  Query query;
  query.prefix = keys_of(tenant_id);  // no limit: all must go
  CURFEW_TRY(const auto letters, scan_as<Letter>(tx, query));
  for (const Letter& letter : letters) {
    if (!person.names.contains(letter.username)) continue;
    CURFEW_TRY_STATUS(remove<Letter>(tx, tenant_id, letter.id));
  }
  return Done{};
}

// The sign-ins, the sessions, which say from where and with what, and the runs about the person.
Status erase_beside_the_audit(WriteTx& tx, const TenantId& tenant_id, const Person& person) {
  if (person.id.empty()) return Done{};
  CURFEW_TRY_STATUS(remove_of_person<Session>(tx, tenant_id, person, "sessions_by_user"));
  CURFEW_TRY_STATUS(remove_of_person<SignIn>(tx, tenant_id, person, "sign_ins_by_user"));
  CURFEW_TRY_STATUS(remove<EmailMethod>(tx, tenant_id, person.id));
  CURFEW_TRY_STATUS(remove<PasswordResetCode>(tx, tenant_id, person.id));
  CURFEW_TRY_STATUS(remove_letters(tx, tenant_id, person));
  Query about;
  about.index = "runs_by_subject";
  about.prefix = keys_of(tenant_id, person.id);  // no limit: all must go
  CURFEW_TRY(auto runs, scan_as<Run>(tx, about));
  for (Run& run : runs) {
    CURFEW_TRY_STATUS(erase_in_run(tx, std::move(run), person));
  }
  return Done{};
}

}  // namespace

Status verify_audit(const AuditOptions& options) {
  CURFEW_TRY(const Secret master_key, read_master_key(options.folder));
  return read_sqlite(options.folder.database(), [&](ReadTx& tx) -> Status {
    CURFEW_TRY(const Tenant tenant, tenant_in(tx));
    CURFEW_TRY(const std::unique_ptr<AuditLog> audit, make_audit_log(tenant.id, master_key));
    Verification verification{tx, *audit, tenant.id};
    verification.check_audit();
    verification.check_journal();
    for (const std::string& noted : options.noted) verification.check_noted(noted);
    return verification.outcome();
  });
}

Status erase_person(const AuditOptions& options) {
  CURFEW_TRY(OfflineTenant tenant, open_offline(options.folder));
  const TenantId tenant_id = tenant.tenant.id;
  const TimePoint now = SystemClock{}.now();
  const Status erased = tenant.store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(refuse_accounts(tx, tenant_id, options));
    CURFEW_TRY(const Person person, person_in(tx, *tenant.audit, options.person));
    CURFEW_TRY_STATUS(erase_in_audit(tx, tenant_id, *tenant.audit, person));
    CURFEW_TRY_STATUS(erase_beside_the_audit(tx, tenant_id, person));
    AuditEvent event =
        event_by_root("audit.erase_person", tenant_id.str(), tenant.tenant.display_name);
    CURFEW_TRY_STATUS(tenant.audit->append(tx, event, now));
    return Done{};
  });
  tenant.store.reset();
  // Somebody who is not there may have been erased by a command that ended before this was done.
  if (!erased.ok() && erased.error().code() != ErrorCode::not_found) return erased;
  CURFEW_TRY_STATUS(compact_sqlite(options.folder.database()));
  CURFEW_TRY_STATUS(erased);
  say("Erased. Backups from before, and the log, still have the name; the chain still verifies:");
  say("  curfewd verify-audit " + options.folder.options());
  return Done{};
}

}  // namespace curfew
