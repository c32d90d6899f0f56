#include "io/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace curfew {

namespace {

// Of ALPN: each with its length in front.
constexpr std::array<unsigned char, 9> kProtocols = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
constexpr long kTicketSecondsMax = 2L * 60 * 60;

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

// OpenSSL's own reason, which never holds key material, and an empty error queue.
Error tls_error(std::string_view what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  std::string message{what};
  if (reason != nullptr) message.append(": ").append(reason);
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

BioPtr memory_bio(std::string_view bytes) {
  return BioPtr{BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))};
}

// An encrypted key must fail, not ask a terminal for its password.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

Status use_certificate_chain(SSL_CTX* context, std::string_view pem) {
  const BioPtr bio = memory_bio(pem);
  const X509Ptr leaf{PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)};
  if (!leaf) return tls_error("the TLS certificate cannot be read");
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1) {
    return tls_error("the TLS certificate cannot be used");
  }
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, next) != 1) {
      X509_free(next);
      return tls_error("a certificate of the TLS chain cannot be used");
    }
  }
  const unsigned long end = ERR_peek_last_error();
  if (ERR_GET_REASON(end) != PEM_R_NO_START_LINE) {
    return tls_error("a certificate of the TLS chain cannot be read");
  }
  ERR_clear_error();
  return Done{};
}

Status use_private_key(SSL_CTX* context, const Secret& pem) {
  const BioPtr bio = memory_bio(pem.reveal());
  const KeyPtr key{PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr)};
  if (!key) return tls_error("the TLS private key cannot be read");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return tls_error("the TLS private key is not the certificate's");
  }
  return Done{};
}

// RFC 7301 3.2: a client that offers only protocols that we do not speak gets the alert.
int choose_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void* /*data*/) {
  unsigned char* match = nullptr;
  const int outcome = SSL_select_next_proto(&match, chosen_size, kProtocols.data(),
                                            kProtocols.size(), offered, offered_size);
  if (outcome != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = match;
  return SSL_TLSEXT_ERR_OK;
}

Status apply_policy(SSL_CTX* context) {
  const bool set = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                   SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
                   SSL_CTX_set_ciphersuites(context,
                                            "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                            "TLS_CHACHA20_POLY1305_SHA256") == 1 &&
                   SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1 &&
                   SSL_CTX_set_num_tickets(context, 1) == 1;
  if (!set) return tls_error("the TLS policy is not supported");
  SSL_CTX_set_options(
      context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Tickets carry the session; a cache would only take memory and a lock.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, kTicketSecondsMax);
  // One read(2) brings the record's head and body together.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  return Done{};
}

// Called in the place of any judgement of the chain: that is for whoever knows the peer.
int take_any_chain(X509_STORE_CTX* /*chain*/, void* /*data*/) { return 1; }

void ask_for_certificate(SSL_CTX* context) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, take_any_chain, nullptr);
  SSL_CTX_set_max_cert_list(context, static_cast<long>(kPeerCertificatesBytesMax));
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
}

void append_der(std::vector<std::string>& out, X509* certificate) {
  const int size = i2d_X509(certificate, nullptr);
  if (size <= 0) return;
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* at = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &at);
  out.push_back(std::move(der));
}

Result<SslPtr> new_ssl(const TlsContext& context, int fd) {
  SslPtr ssl{SSL_new(context.get())};
  if (!ssl || SSL_set_fd(ssl.get(), fd) != 1) {
    ERR_clear_error();
    return Error::transient(ErrorCode::unavailable, "no memory for a TLS connection");
  }
  return ssl;
}

}  // namespace

std::vector<std::string> peer_certificates(const ssl_st& ssl) {
  std::vector<std::string> found;
  X509* const own = SSL_get0_peer_certificate(&ssl);
  if (own == nullptr) return found;
  append_der(found, own);
  const STACK_OF(X509)* const chain = SSL_get_peer_cert_chain(&ssl);
  const int count = chain == nullptr ? 0 : sk_X509_num(chain);
  for (int i = 0; i < count && found.size() < kPeerCertificatesMax; ++i) {
    append_der(found, sk_X509_value(chain, i));
  }
  ERR_clear_error();
  return found;
}

void SslFree::operator()(ssl_st* ssl) const { SSL_free(ssl); }

Result<TlsContext> make_tls_context(const TlsIdentity& identity, PeerCertificate peers) {
  TlsContext context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
  if (!context) return tls_error("TLS is not available");
  CURFEW_TRY_STATUS(apply_policy(context.get()));
  if (peers == PeerCertificate::asked) ask_for_certificate(context.get());
  CURFEW_TRY_STATUS(use_certificate_chain(context.get(), identity.certificate_chain_pem));
  CURFEW_TRY_STATUS(use_private_key(context.get(), identity.private_key_pem));
  return context;
}

Result<SslPtr> make_server_ssl(const TlsContext& context, int fd) {
  CURFEW_TRY(SslPtr ssl, new_ssl(context, fd));
  SSL_set_accept_state(ssl.get());
  return ssl;
}

Result<TlsContext> make_client_tls_context(const std::string& ca_file) {
  TlsContext context{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  if (!context) return tls_error("TLS is not available");
  CURFEW_TRY_STATUS(apply_policy(context.get()));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                     : SSL_CTX_load_verify_file(context.get(), ca_file.c_str());
  if (loaded != 1) {
    const std::string whose = ca_file.empty() ? "the system" : ca_file;
    return tls_error("the certificates of " + whose + " cannot be used");
  }
  // 0 is success here, against the habit of the others.
  if (SSL_CTX_set_alpn_protos(context.get(), kProtocols.data(), kProtocols.size()) != 0) {
    return tls_error("ALPN is not supported");
  }
  return context;
}

Result<SslPtr> make_client_ssl(const TlsContext& context, int fd, const std::string& host) {
  CURFEW_TRY(SslPtr ssl, new_ssl(context, fd));
  X509_VERIFY_PARAM* const peer = SSL_get0_param(ssl.get());
  X509_VERIFY_PARAM_set_hostflags(
      peer, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(peer, host.c_str()) == 1;
  if (!is_address && (X509_VERIFY_PARAM_set1_host(peer, host.c_str(), 0) != 1 ||
                      SSL_set_tlsext_host_name(ssl.get(), host.c_str()) != 1)) {
    return tls_error("the host name cannot be verified");
  }
  ERR_clear_error();
  SSL_set_connect_state(ssl.get());
  return ssl;
}

std::string certificate_problem(const ssl_st& ssl) {
  const long outcome = SSL_get_verify_result(&ssl);
  return outcome == X509_V_OK ? std::string{} : X509_verify_cert_error_string(outcome);
}

}  // namespace curfew
