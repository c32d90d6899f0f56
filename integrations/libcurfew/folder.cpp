// A gate's folder, as far as a reader of its replica needs it (apps/curfew-gate/gate_folder.hpp has
// all of it).
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "curfew/curfew.h"
#include "gate/replica/reader.hpp"
#include "guarded.hpp"
#include "io/file.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

using curfew::Error;
using curfew::ErrorCode;
using curfew::Result;
using curfew::Status;

struct curfew_folder {
  std::string issuer;
  std::string tenant_id;
  std::string replica_path;
  uint32_t owner = 0;
};

namespace {

constexpr std::size_t kFileBytesMax = 8UL * 1024 * 1024;

Result<boost::json::object> json_at(const std::string& path) {
  CURFEW_TRY(const std::string text, curfew::read_file(path, kFileBytesMax));
  return curfew::parse_json_object(text);
}

// Where `curfew-gate run` last had it; else where it has it by default.
std::string replica_in(const std::string& folder, const std::string& client_id) {
  const auto status = json_at(folder + "/status.json");
  if (status.ok()) {
    auto last = curfew::get_string(*status, "replica");
    if (last.ok() && last->starts_with('/')) return std::move(last).value();
  }
  return curfew::replica_path_by_default(client_id);
}

// The client's id.
Result<std::string> read_identity(const std::string& file, curfew_folder& folder) {
  CURFEW_TRY(const auto json, json_at(file));
  CURFEW_TRY(folder.issuer, curfew::get_string(json, "issuer"));
  CURFEW_TRY(folder.tenant_id, curfew::get_string(json, "tenant_id"));
  return curfew::get_string(json, "client_id");
}

Status read_folder(const std::string& path, curfew_folder& folder) {
  const std::string file = path + "/gate.json";
  struct stat standing{};
  if (::stat(file.c_str(), &standing) != 0) {
    return Error::permanent(ErrorCode::unavailable,
                            file + " cannot be read (" + std::strerror(errno) +
                                "): name the folder of a gate that was enrolled, and read it as "
                                "root or as the gate's user");
  }
  folder.owner = standing.st_uid;
  // Who runs it may be another one than who enrolled it.
  if (::stat((path + "/status.json").c_str(), &standing) == 0) folder.owner = standing.st_uid;
  const auto client_id = read_identity(file, folder);
  if (!client_id.ok()) return client_id.error().within("reading " + file);
  folder.replica_path = replica_in(path, *client_id);
  return curfew::Done{};
}

}  // namespace

extern "C" {

curfew_code curfew_folder_read(const char* path, curfew_folder** folder, char* error,
                               size_t error_size) {
  if (folder != nullptr) *folder = nullptr;
  return curfew::c_api::guarded({error, error_size}, [&]() -> Status {
    if (path == nullptr || folder == nullptr) return curfew::c_api::missing_argument();
    auto made = std::make_unique<curfew_folder>();
    CURFEW_TRY_STATUS(read_folder(path, *made));
    *folder = made.release();
    return curfew::Done{};
  });
}

void curfew_folder_free(curfew_folder* folder) { delete folder; }

const char* curfew_folder_text(const curfew_folder* folder, curfew_folder_member which) {
  if (folder == nullptr) return "";
  switch (which) {
    case CURFEW_FOLDER_ISSUER: return folder->issuer.c_str();
    case CURFEW_FOLDER_TENANT_ID: return folder->tenant_id.c_str();
    case CURFEW_FOLDER_REPLICA_PATH: return folder->replica_path.c_str();
    default: return "";
  }
}

uint32_t curfew_folder_owner(const curfew_folder* folder) {
  return folder == nullptr ? UINT32_MAX : folder->owner;
}

}  // extern "C"
