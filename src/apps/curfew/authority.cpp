#include "apps/curfew/authority.hpp"

#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <string_view>

#include "base/text.hpp"
#include "crypto/x509.hpp"
#include "io/file.hpp"

namespace curfew {

namespace {

constexpr std::size_t kPemBytesMax = 64UL * 1024;

// How a program is made to trust the authority whose certificate is in FILE.
struct TrustHint {
  std::string_view program;
  std::string_view how;
};
constexpr std::array kTrustHints{
    TrustHint{"Node", "export NODE_EXTRA_CA_CERTS=FILE"},
    TrustHint{"curl", "curl --cacert FILE ..."},
    TrustHint{"Chromium",
              "certutil -A -d sql:$HOME/.pki/nssdb -n curfew-dev -t C,, -i FILE   (package "
              "libnss3-tools)"},
    TrustHint{"Firefox", "Settings, Certificates, Authorities, Import"}};
constexpr std::size_t kProgramColumns = 10;

Result<CertifiedKey> read_authority(const std::string& data_folder) {
  CertifiedKey authority;
  CURFEW_TRY(authority.certificate_pem, read_file(data_folder + "/ca.pem", kPemBytesMax));
  CURFEW_TRY(std::string key, read_file(data_folder + "/ca-key.pem", kPemBytesMax));
  authority.private_key_pem = Secret{std::move(key)};
  return authority;
}

Status write_certificate(const std::string& data_folder, const std::vector<std::string>& names,
                         const std::string& out) {
  CURFEW_TRY(const CertifiedKey authority, read_authority(data_folder));
  CURFEW_TRY(const CertifiedKey issued,
             issue_server_certificate(authority, names, SystemClock{}.now()));
  CURFEW_TRY_STATUS(create_file(out + "-key.pem", issued.private_key_pem.reveal(), 0600));
  return create_file(out + ".pem", issued.certificate_pem, 0644);
}

}  // namespace

Exit export_ca(const std::string& data_folder, const Terminal& terminal) {
  const auto pem = read_file(data_folder + "/ca.pem", kPemBytesMax);
  if (!pem.ok()) return terminal.fail(pem.error());
  if (terminal.is_json()) {
    boost::json::array hints;
    for (const TrustHint& hint : kTrustHints) {
      hints.push_back({{"program", hint.program}, {"how", hint.how}});
    }
    terminal.json({{"certificate", *pem}, {"trust", std::move(hints)}});
    return Exit::ok;
  }
  std::fputs(pem->c_str(), stdout);
  terminal.note("curfew: to trust it, write it to FILE, then:");
  for (const TrustHint& hint : kTrustHints) {
    const std::string gap(kProgramColumns - hint.program.size(), ' ');
    terminal.note("  " + std::string{hint.program} + gap + std::string{hint.how});
  }
  return Exit::ok;
}

Exit issue_certificate(const std::string& data_folder, const std::vector<std::string>& names,
                       const std::string& out, const Terminal& terminal) {
  const Status written = write_certificate(data_folder, names, out);
  if (!written.ok()) return terminal.fail(written.error());
  if (terminal.is_json()) {
    terminal.json({{"certificate", out + ".pem"}, {"privateKey", out + "-key.pem"}});
  } else {
    terminal.line("Wrote " + out + ".pem and " + out + "-key.pem for " + join(names, ", "));
  }
  return Exit::ok;
}

}  // namespace curfew
