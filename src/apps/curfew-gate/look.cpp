#include "apps/curfew-gate/look.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <optional>
#include <span>
#include <utility>

#include "apps/curfew-gate/gate_memory.hpp"
#include "apps/curfew-gate/run.hpp"
#include "apps/curfew-gate/run_status.hpp"
#include "apps/curfew/terminal.hpp"
#include "base/text.hpp"
#include "gate/replica/lease.hpp"
#include "gate/replica/reader.hpp"
#include "gate/replica/reader_table.hpp"
#include "io/mapped_file.hpp"

namespace curfew {

namespace json = boost::json;

namespace {

constexpr std::size_t kLabelColumns = 22;

// Root may look at a gate of another user.
ReaderRules rules_of(const GateFolder& folder, const GateIdentity& identity) {
  ReaderRules rules{{identity.tenant_id, identity.issuer}, {::geteuid()}};
  if (const auto facts = file_facts(folder.file("gate.json"))) rules.owners.push_back(facts->owner);
  return rules;
}

struct Opened {
  GateIdentity identity;
  std::string path;
  Result<ReplicaReader> reader;
};

Result<Opened> open_for(const GateFolder& folder, const std::string& replica) {
  CURFEW_TRY(GateIdentity identity, folder.enrolled_identity());
  std::string path = replica_path_of(folder, identity, replica);
  auto reader = ReplicaReader::open(path, rules_of(folder, identity));
  return Opened{std::move(identity), std::move(path), std::move(reader)};
}

json::object lease_facts(const HeldLease& lease, const MachineTime& time) {
  const LeaseState state = lease_state(lease, time);
  json::object facts{{"is_valid", state == LeaseState::valid},
                     {"is_of_this_boot", state != LeaseState::another_boot},
                     {"left_ms", 0}};
  if (state != LeaseState::valid) return facts;
  const auto by_boot = std::chrono::duration_cast<Duration>(
      std::chrono::nanoseconds{lease.boot_end_ns} - time.since_boot);
  const Duration by_wall = from_unix_millis(lease.wall_end_ms) - time.now;
  const Duration left = std::min(by_boot, by_wall);
  facts["left_ms"] = left.count();
  facts["ends_at"] = to_rfc3339(time.now + left);
  return facts;
}

json::object reader_facts(const std::string& replica) {
  const auto table = ReaderTable::look(reader_table_path(replica));
  if (!table.ok()) return {{"with_connections", nullptr}, {"why", table.error().message()}};
  const ReaderTable::Standing standing = table->standing();
  json::object facts{{"with_connections", standing.holders}};
  if (standing.holders == 0) return facts;
  facts["closed_through"] = to_string(standing.closed_through);
  facts["slowest_pid"] = standing.slowest_pid;
  return facts;
}

json::object replica_facts(const std::string& path, const ReplicaView& view) {
  return {{"path", path},
          {"position", to_string(view.contiguous())},
          {"floor", to_string(view.floor())},
          {"mode", to_string(view.is_strict() ? GateMode::strict : GateMode::best_effort)},
          {"entries", view.entry_count()},
          {"blocked", view.count_blocked()},
          {"readers", reader_facts(path)}};
}

bool is_alive(std::int64_t pid) {
  return pid > 0 && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM);
}

json::value process_facts(const GateFolder& folder) {
  const auto status = last_status(folder);
  if (!status) return nullptr;
  const bool runs = status->state != "stopped" && is_alive(status->pid);
  json::object facts{{"pid", status->pid},
                     {"is_running", runs},
                     {"state", status->state},
                     {"since", to_rfc3339(status->since)},
                     {"server", status->server}};
  if (!status->divergence.empty()) facts["divergence"] = status->divergence;
  if (status->last_error.empty()) return facts;
  facts["last_error"] =
      json::object{{"at", to_rfc3339(status->last_error_at)}, {"message", status->last_error}};
  return facts;
}

// The newer of what lies in the folder and beside the replica.
std::string newest_head(const GateFolder& folder, const Opened& opened) {
  Position newest;
  for (const std::string& path : {folder.file("feed.json"), quick_memory_path(opened.path)}) {
    const auto memory = load_gate_memory(path, opened.identity.issuer);
    if (memory.ok() && *memory) newest = std::max(newest, (*memory)->follower.newest.mark.position);
  }
  return to_string(newest);
}

struct ShownFact {
  std::string_view label;
  std::string_view member;
};

// What is missing is left out.
std::string describe(const json::object& facts, std::span<const ShownFact> shown) {
  const json::value value(facts);
  std::string text;
  for (const auto& [label, member] : shown) {
    const json::value* const found = member_at(value, member);
    if (found == nullptr) continue;
    std::string line{label};
    line.resize(std::max(line.size() + 1, kLabelColumns), ' ');
    if (!text.empty()) text += '\n';
    text += line + cell_text(found);
  }
  return text;
}

// A gate that runs puts its own file back when that is removed, and its own is what is wrong.
std::string todo_without_replica(const json::object& facts) {
  const json::value* const runs = member_at(facts, "process.is_running");
  return runs != nullptr && runs->as_bool()
             ? "stop the gate, remove the replica, and start the gate: it fetches everything anew"
             : "start the gate (curfew-gate run): it goes on with the replica, or fetches one";
}

bool may_judge_now(const ReplicaView& view, const MachineTime& time) {
  return view.state() == replica::FileState::serving && may_judge_by(HeldLease{view}, time);
}

}  // namespace

Result<Looked> look_at_gate(const GateFolder& folder, const std::string& replica,
                            const MachineTime& time) {
  CURFEW_TRY(const Opened opened, open_for(folder, replica));
  Looked looked;
  looked.facts = {{"name", opened.identity.name},
                  {"client_id", opened.identity.client_id},
                  {"tenant_id", opened.identity.tenant_id},
                  {"issuer", opened.identity.issuer},
                  {"newest_signed_head", newest_head(folder, opened)},
                  {"process", process_facts(folder)}};
  if (!opened.reader.ok()) {
    looked.facts["replica"] = nullptr;
    looked.facts["why_no_replica"] = opened.reader.error().message();
    looked.facts["todo"] = todo_without_replica(looked.facts);
  } else {
    const ReplicaView& view = opened.reader->view();
    looked.may_judge = may_judge_now(view, time);
    looked.facts["lease"] = lease_facts(HeldLease{view}, time);
    looked.facts["replica"] = replica_facts(opened.path, view);
  }
  looked.facts["may_judge"] = looked.may_judge;
  return looked;
}

Result<Looked> explain_key(const GateFolder& folder, const std::string& replica,
                           const std::string& key, const MachineTime& time) {
  std::string spelled = key;
  const std::size_t separator = spelled.find_first_of(":/");
  if (separator != std::string::npos) spelled[separator] = '/';
  const auto parsed = parse_key(spelled);
  if (!parsed) {
    std::vector<std::string> kinds;
    for (const KeyKind kind : kKeyKinds) kinds.emplace_back(to_string(kind));
    return Error::permanent(ErrorCode::invalid_argument,
                            "--key is KIND:ID, such as user:" + std::string(36, 'x') +
                                "; kinds are " + join(kinds, ", "));
  }
  if (parsed->kind == KeyKind::user && parsed->id.find('@') != std::string::npos) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "a gate knows people by their ids, not by their names; `curfew user "
                            "show " +
                                parsed->id + "` at the server says which id it is");
  }
  CURFEW_TRY(const Opened opened, open_for(folder, replica));
  if (!opened.reader.ok()) return opened.reader.error();
  const ReplicaView& view = opened.reader->view();
  const KeyMarks marks = view.find(*parsed);
  const auto position = [&](std::uint64_t sequence) -> json::value {
    if (sequence == 0) return nullptr;
    return json::value(to_string(Position{view.generation(), sequence}));
  };
  Looked looked;
  looked.may_judge = may_judge_now(view, time);
  looked.facts = {{"key", to_string(*parsed)},
                  {"is_blocked", marks.is_blocked},
                  {"reauth", position(marks.reauth_sequence)},
                  {"reevaluate", position(marks.reevaluate_sequence)},
                  {"is_known", marks != KeyMarks{}},
                  {"position", to_string(view.contiguous())},
                  {"floor", to_string(view.floor())},
                  {"may_judge", looked.may_judge}};
  return looked;
}

std::string describe_gate(const json::object& facts) {
  static constexpr std::array kShown{
      ShownFact{"gate", "name"},
      ShownFact{"client id", "client_id"},
      ShownFact{"tenant", "tenant_id"},
      ShownFact{"issuer", "issuer"},
      ShownFact{"judges now", "may_judge"},
      ShownFact{"no replica", "why_no_replica"},
      ShownFact{"what to do", "todo"},
      ShownFact{"replica", "replica.path"},
      ShownFact{"position", "replica.position"},
      ShownFact{"floor", "replica.floor"},
      ShownFact{"mode", "replica.mode"},
      ShownFact{"entries", "replica.entries"},
      ShownFact{"blocked keys", "replica.blocked"},
      ShownFact{"lease ends", "lease.ends_at"},
      ShownFact{"lease left (ms)", "lease.left_ms"},
      ShownFact{"readers with open", "replica.readers.with_connections"},
      ShownFact{"closed through", "replica.readers.closed_through"},
      ShownFact{"slowest reader", "replica.readers.slowest_pid"},
      ShownFact{"newest signed head", "newest_signed_head"},
      ShownFact{"process", "process.pid"},
      ShownFact{"runs", "process.is_running"},
      ShownFact{"state", "process.state"},
      ShownFact{"since", "process.since"},
      ShownFact{"server", "process.server"},
      ShownFact{"NOT FOLLOWED", "process.divergence"},
      ShownFact{"last error at", "process.last_error.at"},
      ShownFact{"last error", "process.last_error.message"},
  };
  return describe(facts, kShown);
}

std::string describe_key(const json::object& facts) {
  static constexpr std::array kShown{
      ShownFact{"key", "key"},
      ShownFact{"known here", "is_known"},
      ShownFact{"blocked", "is_blocked"},
      ShownFact{"sign-ins older than", "reauth"},
      ShownFact{"tokens older than", "reevaluate"},
      ShownFact{"position", "position"},
      ShownFact{"floor", "floor"},
      ShownFact{"judges now", "may_judge"},
  };
  return describe(facts, kShown);
}

}  // namespace curfew
