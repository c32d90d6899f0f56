#include "crypto/client_certificate.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "crypto/openssl.hpp"

namespace curfew {

namespace {

using StoreCtxPtr = OpensslPtr<X509_STORE_CTX, X509_STORE_CTX_free>;

struct StackFree {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using StackPtr = std::unique_ptr<STACK_OF(X509), StackFree>;

constexpr std::size_t kSubjectBytesMax = 4096;
constexpr int kChainDepthMax = 5;

Error unreadable(std::string_view what) {
  ERR_clear_error();
  return Error::permanent(ErrorCode::invalid_argument, std::string{what});
}

X509Ptr parse_der(std::string_view der) {
  if (der.empty() || der.size() > kCertificateBytesMax) return nullptr;
  const unsigned char* at = as_uchar(der);
  X509Ptr certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
  const bool is_whole = certificate != nullptr && at == as_uchar(der) + der.size();
  return is_whole ? std::move(certificate) : nullptr;
}

bool is_visible(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

std::string subject_of(X509* certificate) {
  const BioPtr memory{BIO_new(BIO_s_mem())};
  const X509_NAME* const name = X509_get_subject_name(certificate);
  if (memory == nullptr || X509_NAME_entry_count(name) == 0 ||
      X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253) < 0) {
    return {};
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  if (size <= 0 || static_cast<std::size_t>(size) > kSubjectBytesMax) return {};
  return {data, static_cast<std::size_t>(size)};
}

void add_text(std::vector<std::string>& names, const ASN1_IA5STRING* text) {
  const std::string_view bytes{reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                               static_cast<std::size_t>(ASN1_STRING_length(text))};
  if (is_visible(bytes) && names.size() < kCertificateNamesMax) names.emplace_back(bytes);
}

std::string address_text(int family, const void* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, bytes, text.data(), text.size()) == nullptr ? "" : text.data();
}

void add_address(std::vector<std::string>& names, const ASN1_OCTET_STRING* address) {
  const int size = ASN1_STRING_length(address);
  if ((size != 4 && size != 16) || names.size() >= kCertificateNamesMax) return;
  names.push_back(address_text(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address)));
}

void read_alternative_names(X509* certificate, ClientCertificate& read) {
  const GeneralNamesPtr names{static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int kind = 0;
    const void* const value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind);
    const auto* const text = static_cast<const ASN1_STRING*>(value);
    if (kind == GEN_DNS) add_text(read.san_dns, text);
    if (kind == GEN_URI) add_text(read.san_uri, text);
    if (kind == GEN_EMAIL) add_text(read.san_email, text);
    if (kind == GEN_IPADD) add_address(read.san_ip, text);
  }
}

// A self-signed certificate may say that it is its own authority's, as many tools make them.
bool is_for_clients(X509* certificate) {
  const std::uint32_t flags = X509_get_extension_flags(certificate);
  if ((flags & EXFLAG_INVALID) != 0) return false;
  const std::uint32_t extended = X509_get_extended_key_usage(certificate);
  if ((flags & EXFLAG_XKUSAGE) != 0 && (extended & XKU_SSL_CLIENT) == 0) return false;
  const std::uint32_t usage = X509_get_key_usage(certificate);
  if ((flags & EXFLAG_KUSAGE) != 0 && (usage & KU_DIGITAL_SIGNATURE) == 0) return false;
  return (flags & EXFLAG_CA) == 0 || (flags & EXFLAG_SS) != 0;
}

Result<StackPtr> intermediates_of(const std::vector<std::string>& chain) {
  StackPtr stack{sk_X509_new_null()};
  if (stack == nullptr) return unreadable("no memory for a chain of certificates");
  for (std::size_t i = 1; i < chain.size(); ++i) {
    X509Ptr one = parse_der(chain[i]);
    if (one == nullptr || sk_X509_push(stack.get(), one.get()) <= 0) {
      return unreadable("a certificate of the chain cannot be read");
    }
    X509_up_ref(one.get());  // the stack's own
  }
  return stack;
}

}  // namespace

Result<ClientCertificate> read_client_certificate(std::string_view der) {
  const X509Ptr certificate = parse_der(der);
  if (certificate == nullptr) return unreadable("the certificate cannot be read");
  const auto from = time_of(X509_get0_notBefore(certificate.get()));
  const auto to = time_of(X509_get0_notAfter(certificate.get()));
  if (!from || !to) return unreadable("the certificate's times cannot be read");
  ClientCertificate read;
  read.not_before = *from;
  read.not_after = *to;
  read.is_for_clients = is_for_clients(certificate.get());
  read.subject_dn = subject_of(certificate.get());
  read_alternative_names(certificate.get(), read);
  ERR_clear_error();
  return read;
}

std::string one_spelling_of_ip(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return {};
  std::array<unsigned char, sizeof(in6_addr)> address{};
  const std::string given{text};
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, given.c_str(), address.data()) == 1) {
      return address_text(family, address.data());
    }
  }
  return {};
}

Result<CertificateAuthorities> CertificateAuthorities::read(std::string_view pem) {
  const std::shared_ptr<X509_STORE> store{X509_STORE_new(), X509_STORE_free};
  const BioPtr memory{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  if (store == nullptr || memory == nullptr) return unreadable("no memory for certificates");
  std::size_t count = 0;
  for (;; ++count) {
    const X509Ptr one{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)};
    if (one == nullptr) break;
    if (X509_STORE_add_cert(store.get(), one.get()) != 1) {
      return unreadable("a certificate of an authority cannot be used");
    }
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE || count == 0) {
    return unreadable("an authority's certificate cannot be read, or there is none");
  }
  ERR_clear_error();
  return CertificateAuthorities{store};
}

// 112 bits: no SHA-1, no RSA below 2048 bits, in the whole chain.
constexpr int kAuthLevel = 2;

Status CertificateAuthorities::check(const std::vector<std::string>& chain, TimePoint now) const {
  const X509Ptr leaf = chain.empty() ? nullptr : parse_der(chain.front());
  if (leaf == nullptr) return unreadable("the certificate cannot be read");
  CURFEW_TRY(const StackPtr others, intermediates_of(chain));
  const StoreCtxPtr context{X509_STORE_CTX_new()};
  if (context == nullptr ||
      X509_STORE_CTX_init(context.get(), store_.get(), leaf.get(), others.get()) != 1) {
    return unreadable("no memory for checking a certificate");
  }
  X509_VERIFY_PARAM* const param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, to_unix_seconds(now));
  X509_VERIFY_PARAM_set_depth(param, kChainDepthMax);
  X509_VERIFY_PARAM_set_auth_level(param, kAuthLevel);
  if (X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT) == 1 &&
      X509_verify_cert(context.get()) == 1) {
    return Done{};
  }
  const int why = X509_STORE_CTX_get_error(context.get());
  ERR_clear_error();
  return Error::permanent(ErrorCode::denied, std::string{"the certificate is not trusted: "} +
                                                 X509_verify_cert_error_string(why));
}

}  // namespace curfew
