#include "crypto/x509.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/check.hpp"
#include "base/text.hpp"
#include "crypto/openssl.hpp"
#include "crypto/random.hpp"

namespace curfew {

namespace {

using namespace std::chrono_literals;

// Clocks of test machines differ a little.
constexpr auto kBackdate = 1h;
constexpr auto kAuthorityLifetime = 24h * 3652;
// Browsers refuse leaves that live longer than 398 days.
constexpr auto kLeafLifetime = 24h * 397;
constexpr std::size_t kNamesMax = 100;
constexpr std::size_t kCommonNameBytesMax = 64;  // ub-common-name, RFC 5280 A.1

using ExtensionPtr = OpensslPtr<X509_EXTENSION, X509_EXTENSION_free>;

Error bad_name() {
  return Error::permanent(ErrorCode::invalid_argument,
                          "a certificate's name is not a DNS name or an IP address");
}

// Letters, digits and hyphens in labels of at most 63, optionally "*." in front (RFC 1034 3.5).
bool is_dns_name(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > 253) return false;
  return std::ranges::all_of(split(name, '.'), [](std::string_view label) {
    const auto plain = [](char c) {
      const char lower = ascii_lower(c);
      return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, plain);
  });
}

bool set_times(X509* certificate, TimePoint from, TimePoint to) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), to_unix_seconds(from)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), to_unix_seconds(to)) != nullptr;
}

// RFC 5280 4.1.2.2: positive, unguessable, at most 20 bytes.
bool set_serial(X509* certificate) {
  std::string bytes = random_bytes(16);
  bytes[0] = static_cast<char>((bytes[0] & 0x3f) | 0x40);
  const BignumPtr serial{BN_bin2bn(as_uchar(bytes), static_cast<int>(bytes.size()), nullptr)};
  return serial != nullptr &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_common_name(X509* certificate, std::string_view name) {
  const std::string_view cut = name.substr(0, kCommonNameBytesMax);
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                    MBSTRING_UTF8, as_uchar(cut), static_cast<int>(cut.size()), -1,
                                    0) == 1;
}

struct Extension {
  int nid;
  const char* value;
};

bool add_extensions(X509* certificate, X509* issuer, std::initializer_list<Extension> extensions) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  return std::ranges::all_of(extensions, [&](const Extension& extension) {
    const ExtensionPtr made{X509V3_EXT_conf_nid(nullptr, &context, extension.nid, extension.value)};
    return made != nullptr && X509_add_ext(certificate, made.get(), -1) == 1;
  });
}

// Names are added as values, never through the library's configuration syntax, which a name could
// break out of.
Status add_name(GENERAL_NAMES* names, const std::string& name) {
  GENERAL_NAME* const entry = GENERAL_NAME_new();
  CURFEW_CHECK(entry != nullptr && sk_GENERAL_NAME_push(names, entry) > 0);
  if (ASN1_OCTET_STRING* const address = a2i_IPADDRESS(name.c_str())) {
    GENERAL_NAME_set0_value(entry, GEN_IPADD, address);
    return Done{};
  }
  if (!is_dns_name(name)) return bad_name();
  ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
  CURFEW_CHECK(text != nullptr &&
               ASN1_STRING_set(text, name.data(), static_cast<int>(name.size())) == 1);
  GENERAL_NAME_set0_value(entry, GEN_DNS, text);
  return Done{};
}

Result<GeneralNamesPtr> general_names(const std::vector<std::string>& names) {
  if (names.empty() || names.size() > kNamesMax) {
    return Error::permanent(ErrorCode::invalid_argument, "a certificate has 1 to 100 names");
  }
  GeneralNamesPtr list{GENERAL_NAMES_new()};
  CURFEW_CHECK(list != nullptr);
  for (const std::string& name : names) {
    // A NUL would end the name early for some readers.
    if (name.find('\0') != std::string::npos) return bad_name();
    CURFEW_TRY_STATUS(add_name(list.get(), name));
  }
  return list;
}

std::string read_all(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

Result<std::string> certificate_pem(X509* certificate) {
  const BioPtr memory{BIO_new(BIO_s_mem())};
  if (memory == nullptr || PEM_write_bio_X509(memory.get(), certificate) != 1) {
    return openssl_error(ErrorCode::internal, "writing a certificate");
  }
  return read_all(memory.get());
}

Result<Secret> private_key_pem(EVP_PKEY* key) {
  const BioPtr memory{BIO_new(BIO_s_secmem())};
  if (memory == nullptr || PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0,
                                                         nullptr, nullptr) != 1) {
    return openssl_error(ErrorCode::internal, "writing a private key");
  }
  return Secret{read_all(memory.get())};
}

X509Ptr parse_certificate(std::string_view pem) {
  const BioPtr memory{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  if (memory == nullptr) return nullptr;
  return X509Ptr{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)};
}

PkeyPtr parse_private_key(const Secret& pem) {
  const std::string_view bytes = pem.reveal();
  const BioPtr memory{BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))};
  if (memory == nullptr) return nullptr;
  // The callback refuses encrypted keys; the library's own would ask at the terminal.
  return PkeyPtr{PEM_read_bio_PrivateKey(
      memory.get(), nullptr, [](char*, int, int, void*) { return -1; }, nullptr)};
}

// A certificate with a new key, everything set but issuer, extensions and signature.
struct Draft {
  X509Ptr certificate;
  PkeyPtr key;
};

Result<Draft> draft(std::string_view common_name, TimePoint from, TimePoint to) {
  Draft made{X509Ptr{X509_new()}, PkeyPtr{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")}};
  X509* const certificate = made.certificate.get();
  if (certificate == nullptr || made.key == nullptr || X509_set_version(certificate, 2) != 1 ||
      !set_serial(certificate) || !set_times(certificate, from, to) ||
      !set_common_name(certificate, common_name) ||
      X509_set_pubkey(certificate, made.key.get()) != 1) {
    return openssl_error(ErrorCode::internal, "drafting a certificate");
  }
  return made;
}

Status sign(X509* certificate, const X509* issuer, EVP_PKEY* issuer_key) {
  if (X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) != 1 ||
      X509_sign(certificate, issuer_key, openssl_algorithms().sha256) <= 0) {
    return openssl_error(ErrorCode::internal, "signing a certificate");
  }
  return Done{};
}

Result<std::string> fingerprint(const X509* certificate, const EVP_MD* algorithm) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (X509_digest(certificate, algorithm, as_uchar(digest.data()), &size) != 1) {
    return openssl_error(ErrorCode::internal, "digesting a certificate");
  }
  digest.resize(size);
  return digest;
}

}  // namespace

Result<CertifiedKey> make_development_ca(std::string_view common_name, TimePoint now) {
  if (common_name.empty() || !is_utf8(common_name)) {
    return Error::permanent(ErrorCode::invalid_argument, "an authority needs a name in UTF-8");
  }
  CURFEW_TRY(const Draft made, draft(common_name, now - kBackdate, now + kAuthorityLifetime));
  X509* const certificate = made.certificate.get();
  if (!add_extensions(certificate, certificate,
                      {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                       {NID_key_usage, "critical,keyCertSign,cRLSign"},
                       {NID_subject_key_identifier, "hash"}})) {
    return openssl_error(ErrorCode::internal, "extending a certificate");
  }
  CURFEW_TRY_STATUS(sign(certificate, certificate, made.key.get()));
  CURFEW_TRY(std::string pem, certificate_pem(certificate));
  CURFEW_TRY(Secret key, private_key_pem(made.key.get()));
  return CertifiedKey{std::move(pem), std::move(key)};
}

Result<CertifiedKey> issue_server_certificate(const CertifiedKey& authority,
                                              const std::vector<std::string>& names,
                                              TimePoint now) {
  CURFEW_TRY(const GeneralNamesPtr subject_names, general_names(names));
  const X509Ptr issuer = parse_certificate(authority.certificate_pem);
  const PkeyPtr issuer_key = parse_private_key(authority.private_key_pem);
  if (issuer == nullptr || issuer_key == nullptr ||
      X509_check_private_key(issuer.get(), issuer_key.get()) != 1) {
    return openssl_error(ErrorCode::corrupted, "an authority's certificate or key is unreadable");
  }
  const auto issuer_end = time_of(X509_get0_notAfter(issuer.get()));
  if (!issuer_end || *issuer_end <= now) {
    return Error::permanent(ErrorCode::corrupted, "the authority has expired");
  }
  const TimePoint end = std::min<TimePoint>(now - kBackdate + kLeafLifetime, *issuer_end);
  CURFEW_TRY(const Draft made, draft(names[0], now - kBackdate, end));
  X509* const certificate = made.certificate.get();
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, subject_names.get(), 0,
                        X509V3_ADD_DEFAULT) != 1 ||
      !add_extensions(certificate, issuer.get(),
                      {{NID_basic_constraints, "critical,CA:FALSE"},
                       {NID_key_usage, "critical,digitalSignature"},
                       {NID_ext_key_usage, "serverAuth"},
                       {NID_subject_key_identifier, "hash"},
                       {NID_authority_key_identifier, "keyid:always"}})) {
    return openssl_error(ErrorCode::internal, "extending a certificate");
  }
  CURFEW_TRY_STATUS(sign(certificate, issuer.get(), issuer_key.get()));
  CURFEW_TRY(std::string pem, certificate_pem(certificate));
  CURFEW_TRY(const std::string issuer_pem, certificate_pem(issuer.get()));
  CURFEW_TRY(Secret key, private_key_pem(made.key.get()));
  return CertifiedKey{pem + issuer_pem, std::move(key)};
}

Result<TimePoint> certificate_not_after(std::string_view pem) {
  const X509Ptr certificate = parse_certificate(pem);
  const auto end =
      certificate == nullptr ? std::nullopt : time_of(X509_get0_notAfter(certificate.get()));
  if (!end) return openssl_error(ErrorCode::invalid_argument, "no certificate in the PEM text");
  return *end;
}

Result<CertificateKey> read_certificate_key(std::string_view pem) {
  const X509Ptr certificate = parse_certificate(pem);
  const auto end =
      certificate == nullptr ? std::nullopt : time_of(X509_get0_notAfter(certificate.get()));
  if (!end) return openssl_error(ErrorCode::invalid_argument, "no certificate in the PEM text");
  X509_PUBKEY* const info = X509_get_X509_PUBKEY(certificate.get());
  const int size = i2d_X509_PUBKEY(info, nullptr);
  if (size <= 0) return openssl_error(ErrorCode::invalid_argument, "the certificate has no key");
  std::string spki(static_cast<std::size_t>(size), '\0');
  unsigned char* out = as_uchar(spki.data());
  CURFEW_CHECK(i2d_X509_PUBKEY(info, &out) == size);
  CURFEW_TRY(VerifyKey key, VerifyKey::from_spki(spki));
  CURFEW_TRY(std::string sha1, fingerprint(certificate.get(), EVP_sha1()));
  CURFEW_TRY(std::string sha256, fingerprint(certificate.get(), openssl_algorithms().sha256));
  return CertificateKey{std::move(key), std::move(sha1), std::move(sha256), *end};
}

}  // namespace curfew
