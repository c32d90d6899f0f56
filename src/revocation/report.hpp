// revocation/report.hpp: the report of a run: every access path, what ended when, what has not.
//
// A report file is two lines of JSON. The first is the report, to be read by people and programs;
// the second is {"signature":"<compact JWS>"} over the SHA-256 of the first line's exact bytes,
// with the tenant's report key (KeyUse::report) and typ "curfew-report+jws". A change of any byte
// is found.
//
// The report carries its public key, so that the file can be checked without a network. That only
// proves who signed it if the key is known to be the tenant's: `curfew verify` compares with an
// exported key set where one is given, and else prints the thumbprint, which the server shows too.
//
// A report is of the moment when it was made. One of a run that was undone says so in run.state and
// run.restored_at, and calls nothing ended that the undo gave back (revocation/restore.hpp).
//
// Version 1: {"version":1,"kind":"curfew.revocation-report","tenant_id","run":{...},"subject":{..},
// "actor":{...},"positions":{"first","last"},"summary":{...},"paths":[...],"steps":[...],
// "made_at","key":{JWK}}. Times: RFC 3339 UTC with milliseconds.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "revocation/plan.hpp"
#include "revocation/run_machine.hpp"

namespace curfew {

inline constexpr std::string_view kReportTyp = "curfew-report+jws";
inline constexpr std::size_t kReportBytesMax = 16UL * 1024 * 1024;

// Signs with the tenant's report key; the key itself stays with the caller.
struct ReportSigner {
  // A JSON payload -> the compact JWS with `typ` kReportTyp.
  std::function<Result<std::string>(std::string_view payload_json)> sign;
  std::function<std::string()> public_jwk;  // JSON of the key that sign() uses
};

// The first line without its end: canonical, the same bytes for the same input.
[[nodiscard]] std::string report_json(const RunData& data, std::string_view public_jwk,
                                      TimePoint made_at);
// The report as a file.
[[nodiscard]] Result<std::string> make_report(const RunData& data, const ReportSigner& signer,
                                              TimePoint made_at);

// What was verified. `json` may be shown: every byte of it is the signer's.
struct VerifiedReport {
  std::string json;
  std::string key_id;
  std::string key_thumbprint;   // RFC 7638, SHA-256
  bool key_is_trusted = false;  // it is in the key set that the caller gave
  std::string tenant_id;
  std::string run_id;
  TimePoint made_at{};
};

// `trusted_jwks`: the server's exported report keys; empty: none at hand. Errors: `corrupted` for
// any changed byte; `unauthenticated` where the signing key is not in a given key set;
// `invalid_argument` for what is no report; `exhausted` over kReportBytesMax.
[[nodiscard]] Result<VerifiedReport> verify_report(std::string_view file,
                                                   std::string_view trusted_jwks);

// The JSON forms that the API and the report share.
[[nodiscard]] std::string to_json(const Run& run);
[[nodiscard]] std::string to_json(const Step& step);
[[nodiscard]] std::string to_json(const AccessPath& path);
// {"run":...,"summary":...,"paths":[...],"steps":[...]}
[[nodiscard]] std::string to_json(const RunData& data);
// {"subject":...,"mode":...,"paths":[...],"steps":[...],"standing_holds":[...]}
[[nodiscard]] std::string to_json(const Plan& plan);

// The states of all paths in numbers, and the latest moment at which anything can still work;
// nothing if a path is open, waiting or unknown.
struct ReportSummary {
  std::size_t path_count = 0;
  std::size_t ended_count = 0;
  std::size_t ends_by_count = 0;
  std::size_t waiting_count = 0;
  std::size_t unknown_count = 0;
  std::size_t open_count = 0;
  std::optional<TimePoint> access_ends_by;
};
[[nodiscard]] ReportSummary summary_of(const RunData& data);
[[nodiscard]] ReportSummary summary_of(const std::vector<AccessPath>& paths);

}  // namespace curfew
