// apps/curfew-gate/gate_folder.hpp: what a gate keeps on its machine: one folder that nobody else
// can read.
//
//   key.pem        its private key (PKCS #8), which never leaves
//   gate.json      what the server said at the enrolment, and the kid of the key that it was for
//   ca.pem         the authority to trust, if one was named
//   enrolling.pem  a key on its way: it becomes key.pem once gate.json names it
//   lock           held by whoever enrols; `check` does without it: all that it changes is the name
//                  of a key that gate.json names already
//   run.lock       held by the process that runs
//   feed.json      what that one remembers (gate_memory.hpp), and
//   blocked.json   the names of what is blocked (blocked_file.hpp)
//   status.json    what it last did (run_status.hpp)
//
// Every file is written whole or not at all, so that a crash between any two steps leaves either
// what was there, or a key on its way that the next command goes on with.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/curfew-gate/gate_key.hpp"
#include "base/result.hpp"

namespace curfew {

inline constexpr std::size_t kFileOfOursBytesMax = 8UL * 1024 * 1024;

// What gate.json says.
struct GateIdentity {
  std::string client_id;
  std::string name;
  std::string mode;
  std::string tenant_id;
  std::string issuer;
  std::vector<std::string> servers;  // https://host[:port]; at least one
  std::string token_endpoint;
  std::string jwks_uri;
  std::string jwks;      // the server's keys when it was enrolled (RFC 7517 5), as JSON text
  std::string resource;  // of the tokens that the gate follows with
  std::string kid;       // of its key
};

class GateFolder {
 public:
  explicit GateFolder(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  // Empty: the system's authorities are trusted.
  [[nodiscard]] std::string ca_file() const;

  // Finishes an enrolment that was interrupted after the server had answered. True: there was one.
  [[nodiscard]] Result<bool> settle() const;
  // The same as identity(), but not_found, with what to do, where nothing was enrolled.
  [[nodiscard]] Result<GateIdentity> enrolled_identity() const;
  // Nothing: nothing was enrolled here yet.
  [[nodiscard]] Result<std::optional<GateIdentity>> identity() const;
  // Of gate.json. `corrupted` where it is missing, is not the one that gate.json names, or does not
  // parse; the message says how to go on.
  [[nodiscard]] Result<GateKey> key(const GateIdentity& identity) const;

  // The key to enrol with: the one of the try before, or a new one.
  [[nodiscard]] Result<GateKey> enrolling_key() const;
  // `answer`: the server's, as checked by read_identity(). Then the key is the gate's.
  [[nodiscard]] Status enrolled(boost::json::object answer, const GateKey& key,
                                const std::string& ca_pem) const;

  [[nodiscard]] std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// From the server's answer or from gate.json. Errors name the member; an address that is not https
// is one.
[[nodiscard]] Result<GateIdentity> read_identity(const boost::json::object& json);

// invalid_argument, which begins with `name`, unless the address is https.
[[nodiscard]] Status check_https(const std::string& name, const std::string& address);

// The content of a file of ours; nothing where there is none.
[[nodiscard]] Result<std::optional<std::string>> read_if_there(const std::string& path);

}  // namespace curfew
