#include "io/smtp_client.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "io/curl.hpp"

namespace curfew {

namespace {

struct Upload {
  std::string_view left;
};

std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto& upload = *static_cast<Upload*>(user);
  const std::size_t taken = std::min(size * count, upload.left.size());
  if (taken != 0) std::memcpy(buffer, upload.left.data(), taken);
  upload.left.remove_prefix(taken);
  return taken;
}

// Not zero ends the transfer.
int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(user)->load() ? 1 : 0;
}

bool is_bad_address(const std::string& address) {
  return address.empty() || std::ranges::any_of(address, [](char c) {
           return c <= 0x20 || c >= 0x7F || c == '<' || c == '>';
         });
}

Result<CurlAddress> smtp_address(const std::string& url) {
  CURFEW_TRY(CurlAddress address, read_address(url));
  if (address.scheme == "smtps" || address.scheme == "smtp") return address;
  return Error::permanent(ErrorCode::invalid_argument, "a mail server is smtps:// or smtp://");
}

}  // namespace

Status check_smtp_url(const std::string& url) {
  CURFEW_TRY_STATUS(smtp_address(url));
  return Done{};
}

struct SmtpClient::Impl {
  explicit Impl(SmtpServer given) : server(std::move(given)) {
    init_curl_once();
    easy = curl_easy_init();
  }
  ~Impl() { curl_easy_cleanup(easy); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void set_connection(const CurlAddress& address, Duration deadline);
  void set_mail(const SmtpMail& mail, const std::string& from, curl_slist* to, Upload& upload);

  SmtpServer server;
  CURL* easy = nullptr;
  std::atomic<bool> cancelled{false};
};

void SmtpClient::Impl::set_connection(const CurlAddress& address, Duration deadline) {
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_URL, server.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  const bool in_the_clear = address.is_loopback && server.ca_file.empty();
  curl_easy_setopt(easy, CURLOPT_USE_SSL,
                   static_cast<long>(in_the_clear ? CURLUSESSL_NONE : CURLUSESSL_ALL));
  if (!server.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, server.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  if (!server.username.empty()) {
    const std::string password{server.password.reveal()};
    curl_easy_setopt(easy, CURLOPT_USERNAME, server.username.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, password.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, curl_millis(deadline));
  curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                   std::max<long>(1, curl_millis(deadline) / 1000));
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &cancelled);
}

void SmtpClient::Impl::set_mail(const SmtpMail& mail, const std::string& from, curl_slist* to,
                                Upload& upload) {
  curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, to);
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
  curl_easy_setopt(easy, CURLOPT_READDATA, &upload);
  curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail.message.size()));
}

SmtpClient::SmtpClient(SmtpServer server) : impl_(std::make_unique<Impl>(std::move(server))) {}
SmtpClient::~SmtpClient() = default;

Status SmtpClient::send(const SmtpMail& mail, Duration deadline) {
  if (impl_->easy == nullptr) return Error::transient(ErrorCode::exhausted, "out of memory");
  if (is_bad_address(mail.from) || is_bad_address(mail.to)) {
    return Error::permanent(ErrorCode::invalid_argument, "a mail address is malformed");
  }
  CURFEW_TRY(const CurlAddress address, smtp_address(impl_->server.url));
  const std::string from = "<" + mail.from + ">";
  CurlList to;
  if (!append_line(to, "<" + mail.to + ">")) {
    return Error::transient(ErrorCode::exhausted, "out of memory");
  }
  Upload upload{mail.message};
  std::string detail(CURL_ERROR_SIZE, '\0');
  impl_->set_connection(address, deadline);
  impl_->set_mail(mail, from, to.get(), upload);
  curl_easy_setopt(impl_->easy, CURLOPT_ERRORBUFFER, detail.data());
  const CURLcode code = curl_easy_perform(impl_->easy);
  long reply = 0;
  curl_easy_getinfo(impl_->easy, CURLINFO_RESPONSE_CODE, &reply);
  curl_easy_reset(impl_->easy);  // forgets the credential and our buffers
  if (code == CURLE_OK) return Done{};
  if (reply >= 500 && reply <= 599 && code != CURLE_LOGIN_DENIED &&
      code != CURLE_OPERATION_TIMEDOUT) {
    return Error::permanent(ErrorCode::denied,
                            "the mail server refuses it: " + std::string{detail.c_str()});
  }
  return curl_error(code, detail.c_str());
}

void SmtpClient::cancel() { impl_->cancelled = true; }

}  // namespace curfew
