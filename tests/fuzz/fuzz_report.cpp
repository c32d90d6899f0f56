// tests/fuzz/fuzz_report.cpp: a report that anybody but the tenant signed, or anybody changed, is
// never taken for the tenant's; and whatever is in one, showing it is harmless.
//
// The input is a report file, a list of changes to a genuine one (position, byte), and the JSON of
// a run as a hostile server or signer could send it.
//
// Covers: revocation/report.cpp apps/curfew/report_view.cpp
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "apps/curfew/report_view.hpp"
#include "base/check.hpp"
#include "base/text.hpp"
#include "crypto/sign_key.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/jose/jwt_signer.hpp"
#include "protocol/json/json.hpp"
#include "revocation/report.hpp"

using namespace curfew;

namespace {

struct Signing {
  JwtSigner signer{SigningKey::generate(SignatureAlg::es256).value(), "k"};
  std::string jwk = serialize_jwk(signer.verify_key(), SignatureAlg::es256, "k");
  std::string jwks = serialize_jwks({jwk});
  std::string file;

  Signing() {
    RunData data;
    data.run.tenant_id = TenantId{"t"};
    data.run.id = RunId{"r"};
    data.run.subject_name = "johndoe@contoso.com";
    data.paths.emplace_back();
    const ReportSigner report_signer{
        [this](std::string_view payload) { return signer.sign(kReportTyp, payload); },
        [this] { return jwk; }};
    file = make_report(data, report_signer, from_unix_seconds(1'700'000'000)).value();
  }
};

const Signing& signing() {
  static const Signing made;
  return made;
}

// The key is made at start, so no input can carry its signature.
void check_foreign(std::string_view file) {
  CURFEW_CHECK(!verify_report(file, signing().jwks).ok());
  const auto alone = verify_report(file, "");
  if (!alone.ok()) return;
  CURFEW_CHECK(!alone->key_is_trusted);
  CURFEW_CHECK(file.starts_with(alone->json + "\n"));
  // Trusting exactly the key that it names changes nothing else.
  const auto report = parse_json_object(alone->json, {.bytes_max = kReportBytesMax});
  CURFEW_CHECK(report.ok());
  const std::string keys = R"({"keys":[)" + serialize_json(report->at("key")) + "]}";
  const auto trusted = verify_report(file, keys);
  CURFEW_CHECK(trusted.ok() && trusted->key_is_trusted && trusted->run_id == alone->run_id);
}

// Three bytes of the input for each change: two of the position, the byte there. A position past
// the end appends.
void check_changed(std::string_view changes) {
  std::string file = signing().file;
  for (std::size_t i = 0; i + 3 <= changes.size() && i < 60; i += 3) {
    const std::size_t at = static_cast<std::size_t>(static_cast<unsigned char>(changes[i])) * 256 +
                           static_cast<unsigned char>(changes[i + 1]);
    if (at < file.size()) {
      file[at] = changes[i + 2];
    } else {
      file += changes[i + 2];
    }
  }
  const bool is_genuine = file == signing().file;
  CURFEW_CHECK(verify_report(file, signing().jwks).ok() == is_genuine);
  CURFEW_CHECK(verify_report(file, "").ok() == is_genuine);
}

// What `work` prints to standard output.
template <typename Work>
std::string printed_by(Work work) {
  static std::FILE* const capture = std::tmpfile();
  CURFEW_CHECK(capture != nullptr && ::ftruncate(::fileno(capture), 0) == 0);
  std::fflush(stdout);
  const int usual = ::dup(STDOUT_FILENO);
  ::lseek(::fileno(capture), 0, SEEK_SET);
  ::dup2(::fileno(capture), STDOUT_FILENO);
  work();
  std::fflush(stdout);
  ::dup2(usual, STDOUT_FILENO);
  ::close(usual);
  std::string text(static_cast<std::size_t>(::lseek(::fileno(capture), 0, SEEK_END)), '\0');
  const ssize_t size = ::pread(::fileno(capture), text.data(), text.size(), 0);
  CURFEW_CHECK(size == static_cast<ssize_t>(text.size()));
  return text;
}

// Nothing of it moves the cursor of whoever looks at it, or shows text that is not there.
void check_view(std::string_view json) {
  const auto data = parse_json_object(json);
  if (!data.ok()) return;
  const Terminal terminal{Style::automatic};
  const std::string shown = printed_by([&] {
    show_paths(terminal, *data);
    show_run(terminal, *data);
  });
  CURFEW_CHECK(is_utf8(shown));
  for (const char c : shown) {
    CURFEW_CHECK(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
    CURFEW_CHECK(c != 0x7f);
  }
  CURFEW_CHECK(exit_of_run(*data) != Exit::usage);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_foreign(text);
  check_changed(text);
  check_view(text);
  return 0;
}
