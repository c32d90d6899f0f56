#include "revocation/report.hpp"

#include <boost/json/object.hpp>
#include <utility>

#include "crypto/digest.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/jose/jws.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

constexpr std::string_view kSignatureBegin = R"({"signature":")";
constexpr std::string_view kSignatureEnd = "\"}\n";

std::string signed_payload(std::string_view json) {
  return R"({"report_sha256":")" + sha256_base64url(json) + R"("})";
}

Error no_report(std::string_view why) {
  return Error::permanent(ErrorCode::invalid_argument,
                          "this is no report of a revocation: " + std::string{why});
}

Error changed(std::string_view what) {
  return Error::permanent(ErrorCode::corrupted,
                          "the report is not what was signed: " + std::string{what});
}

struct Lines {
  std::string_view json;
  std::string_view signature;
};

Result<Lines> lines_of(std::string_view file) {
  if (file.size() > kReportBytesMax) {
    return Error::permanent(ErrorCode::exhausted, "the report is too large");
  }
  const std::size_t end = file.find('\n');
  if (end == std::string_view::npos) return no_report("it has no second line");
  std::string_view second = file.substr(end + 1);
  if (!second.starts_with(kSignatureBegin) || !second.ends_with(kSignatureEnd) ||
      second.size() < kSignatureBegin.size() + kSignatureEnd.size()) {
    return no_report("the second line is not its signature");
  }
  second.remove_prefix(kSignatureBegin.size());
  second.remove_suffix(kSignatureEnd.size());
  return Lines{file.substr(0, end), second};
}

// The key that the report says it was signed with.
Result<JwsKey> embedded_key(const boost::json::object& report) {
  CURFEW_TRY(const boost::json::object* jwk, get_object(report, "key"));
  auto key = parse_public_jwk(*jwk);
  if (!key.ok()) return no_report(key.error().message());
  return std::move(key).value();
}

std::string thumbprint_of(const JwsKey& key) {
  return key.verify_key() != nullptr ? jwk_thumbprint(*key.verify_key()) : std::string{};
}

// The same key in the set of those that are known to be the tenant's.
Status check_trusted(const JwsKey& key, std::string_view trusted_jwks) {
  CURFEW_TRY(const KeySet trusted, parse_jwks(trusted_jwks));
  const JwsKey* known = trusted.find(key.kid());
  if (known != nullptr && thumbprint_of(*known) == thumbprint_of(key)) return Done{};
  return Error::permanent(ErrorCode::unauthenticated,
                          "the report's key is not one of the given report keys");
}

Status check_signature(const Lines& lines, const JwsKey& key) {
  const auto verified = verify_jws(lines.signature, KeySet::of(key), {std::string{kReportTyp}});
  if (!verified.ok()) return changed(verified.error().message());
  if (verified.value().header.kid != key.kid()) return changed("the signature names another key");
  if (verified.value().payload != signed_payload(lines.json)) {
    return changed("its first line has another SHA-256");
  }
  return Done{};
}

Result<VerifiedReport> read_report(const Lines& lines, const boost::json::object& report) {
  CURFEW_TRY(const std::int64_t version, get_int64(report, "version"));
  CURFEW_TRY(const std::string kind, get_string(report, "kind"));
  if (kind != "curfew.revocation-report" || version != 1) {
    return no_report("its kind or version is another");
  }
  VerifiedReport verified;
  verified.json = lines.json;
  CURFEW_TRY(verified.tenant_id, get_string(report, "tenant_id"));
  CURFEW_TRY(const boost::json::object* run, get_object(report, "run"));
  CURFEW_TRY(verified.run_id, get_string(*run, "id"));
  CURFEW_TRY(const std::string made_at, get_string(report, "made_at"));
  const auto at = parse_rfc3339(made_at);
  if (!at) return no_report("made_at is no time");
  verified.made_at = *at;
  return verified;
}

}  // namespace

Result<std::string> make_report(const RunData& data, const ReportSigner& signer,
                                TimePoint made_at) {
  std::string file = report_json(data, signer.public_jwk(), made_at);
  CURFEW_TRY(const std::string signature, signer.sign(signed_payload(file)));
  file += '\n';
  file += kSignatureBegin;
  file += signature;
  file += kSignatureEnd;
  return file;
}

Result<VerifiedReport> verify_report(std::string_view file, std::string_view trusted_jwks) {
  CURFEW_TRY(const Lines lines, lines_of(file));
  JsonLimits json_limits;
  json_limits.bytes_max = kReportBytesMax;
  CURFEW_TRY(const boost::json::object report, parse_json_object(lines.json, json_limits));
  CURFEW_TRY(const JwsKey key, embedded_key(report));
  if (!trusted_jwks.empty()) {
    CURFEW_TRY_STATUS(check_trusted(key, trusted_jwks));
  }
  CURFEW_TRY_STATUS(check_signature(lines, key));
  CURFEW_TRY(VerifiedReport verified, read_report(lines, report));
  verified.key_id = key.kid();
  verified.key_thumbprint = thumbprint_of(key);
  verified.key_is_trusted = !trusted_jwks.empty();
  return verified;
}

}  // namespace curfew
