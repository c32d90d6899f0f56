// tests/support/reset_site.hpp: a server that sends mail, and John, who has an email method; the
// mails are written by the server and read here instead of sent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/password_reset/outbox.hpp"
#include "store/schema_password_reset.hpp"
#include "tests/support/server_fixture.hpp"

namespace curfew::test {

class ResetSite : public ServerFixture {
 public:
  const std::string wanted = "quite another one 42";

  ResetSite() {
    context->password_reset.sends_mail = true;
    context->password_reset.mail_from = "curfew@contoso.com";
    put(method_of(john, "john@example.com"));
  }
  [[nodiscard]] EmailMethod method_of(const UserId& user, const std::string& address) const {
    EmailMethod method;
    method.tenant_id = tenant;
    method.user_id = user;
    method.authenticator_id = new_guid();
    method.email_address = address;
    method.created_at = clock.now();
    return method;
  }

  HttpResponse ask(const std::string& name, const std::string& address = "192.0.2.7") {
    HttpRequest request = post(path("/password-reset"), {{"username", name}});
    request.peer.address = address;
    return send(std::move(request));
  }
  // What is due is written, as if the mail server took it.
  std::vector<WrittenMail> deliver() {
    std::vector<WrittenMail> mails;
    for (const Letter& letter : due()) {
      if (auto mail = try_one(letter.id)) mails.push_back(std::move(*mail));
      write([&](WriteTx& tx) { return finish_letter(tx, tenant, letter.id); });
    }
    return mails;
  }
  std::vector<Letter> due() {
    return read_value<std::vector<Letter>>(
               *store, [&](ReadTx& tx) { return due_letters(tx, tenant, clock.now()); })
        .value();
  }
  std::optional<WrittenMail> try_one(const std::string& letter_id) {
    std::optional<WrittenMail> mail;
    write([&](WriteTx& tx) -> Status {
      CURFEW_TRY(mail, write_mail(tx, *context, letter_id, clock.now()));
      return Done{};
    });
    return mail;
  }
  static std::string text_of(const WrittenMail& mail) {
    std::string body = mail.message.substr(mail.message.find("\r\n\r\n"));
    std::erase_if(body, [](char c) { return c == '\r' || c == '\n'; });
    return base64_decode(body).value();
  }
  static std::string code_in(const WrittenMail& mail) {
    const std::string text = text_of(mail);
    const std::size_t at = text.find("?code=");
    REQUIRE(at != std::string::npos);
    return text.substr(at + 6, text.find('\r', at) - at - 6);
  }
  // A code that was asked for and sent, for John.
  std::string new_code() {
    static_cast<void>(ask(upn));
    const std::vector<WrittenMail> mails = deliver();
    REQUIRE(mails.size() == 1);
    return code_in(mails.front());
  }
  HttpResponse open(const std::string& code) {
    return send(get(path("/password-reset/new?code=" + code)));
  }
  HttpResponse set(const std::string& code, const std::string& password,
                   const std::string& again = "") {
    return send(post(path("/password-reset/new"),
                     {{"code", code},
                      {"new_password", password},
                      {"repeated_password", again.empty() ? password : again}}));
  }
  bool has_password(const std::string& text) {
    return verify_password(Secret{std::string_view{text}}, row<User>(john).password_hash.value())
        .value();
  }
};

}  // namespace curfew::test
