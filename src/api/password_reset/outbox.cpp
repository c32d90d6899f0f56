#include "api/password_reset/outbox.hpp"

#include <algorithm>
#include <utility>

#include "api/password_reset/reset_code.hpp"
#include "api/sign_in/interaction.hpp"
#include "api/sign_in/words.hpp"
#include "base/duration.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "protocol/mail/message.hpp"
#include "store/schema_password_reset.hpp"

namespace curfew {

namespace {

// Before the next try, should one fail or nobody learn how it ended.
constexpr Duration kFirstPause = std::chrono::seconds{15};
constexpr Duration kPauseMax = std::chrono::minutes{10};

WrittenMail mail_of(const ServerContext& context, const std::string& to, const std::string& subject,
                    const std::string& text, TimePoint now) {
  MailMessage message;
  message.from = context.password_reset.mail_from;
  message.to = to;
  message.subject = subject;
  message.text = text;
  message.id = new_guid();
  message.at = now;
  return {to, to_text(message)};
}

std::string link_text(const ServerContext& context, const Letter& letter, const Secret& code) {
  return "Somebody, hopefully you, asked to set a new password for " + letter.username + " at " +
         organisation_of(context) + ".\n\nOpen this link within " +
         duration_words(context.password_reset.code_lifetime) + " and choose one:\n\n" +
         context.base_url + tenant_path(context, kPasswordResetPath) +
         "/new?code=" + std::string{code.reveal()} +
         "\n\nThe link works once. Setting the new password signs you out everywhere.\n\n"
         "If it was not you, do nothing: your password stays as it is. Never pass the link on.\n";
}

std::string notice_text(const ServerContext& context, const Letter& letter) {
  const bool is_password = letter.kind == LetterKind::password_was_set;
  const std::string what =
      is_password ? "A new password was set for " : "This address was taken from the account ";
  const std::string after =
      is_password ? "Everything that was signed in with the old one has been signed out."
                  : "Links for a new password are not sent here any more.";
  return what + letter.username + " at " + organisation_of(context) + " on " +
         to_rfc3339(letter.created_at) + " by " + letter.made_by + ".\n\n" + after +
         "\n\nIf you do not expect this, tell your administrator now.\n";
}

Result<std::optional<WrittenMail>> mail_with_link(WriteTx& tx, const ServerContext& context,
                                                  const Letter& letter, TimePoint now) {
  CURFEW_TRY(const auto made, make_reset_code(tx, context, letter.username, now));
  if (!made) return std::optional<WrittenMail>{};
  return std::optional<WrittenMail>{mail_of(context, made->method.email_address,
                                            "A new password for " + organisation_of(context),
                                            link_text(context, letter, made->code), now)};
}

Result<std::optional<WrittenMail>> mail_for(WriteTx& tx, const ServerContext& context,
                                            const Letter& letter, TimePoint now) {
  if (letter.expires_at <= now) return std::optional<WrittenMail>{};
  if (letter.kind == LetterKind::reset_link) return mail_with_link(tx, context, letter, now);
  const std::string subject = letter.kind == LetterKind::password_was_set
                                  ? "Your password was changed"
                                  : "Your address was removed";
  return std::optional<WrittenMail>{mail_of(context, letter.address,
                                            subject + " at " + organisation_of(context),
                                            notice_text(context, letter), now)};
}

}  // namespace

Status ask_for_link(WriteTx& tx, const ServerContext& context, const std::string& username,
                    TimePoint now) {
  Letter letter;
  letter.tenant_id = context.tenant_id;
  letter.id = "link-" + sha256_base64url(username);
  letter.kind = LetterKind::reset_link;
  letter.username = username;
  letter.created_at = letter.next_try_at = now;
  letter.expires_at = now + kResetAskedFor;
  return save(tx, letter);
}

Result<std::vector<Letter>> due_letters(ReadTx& tx, const TenantId& tenant_id, TimePoint now) {
  Query query;
  query.index = "letters_by_next_try";
  query.prefix = keys_of(tenant_id);
  query.below = to_unix_millis(now) + 1;
  query.limit = kLettersAtOnce;
  return scan_as<Letter>(tx, query);
}

Result<std::optional<WrittenMail>> write_mail(WriteTx& tx, const ServerContext& context,
                                              const std::string& letter_id, TimePoint now) {
  CURFEW_TRY(auto letter, load<Letter>(tx, context.tenant_id, letter_id));
  if (!letter) return std::optional<WrittenMail>{};
  CURFEW_TRY(auto mail, mail_for(tx, context, *letter, now));
  if (!mail) {
    CURFEW_TRY_STATUS(finish_letter(tx, context.tenant_id, letter_id));
    return mail;
  }
  letter->next_try_at = now + doubled(kFirstPause, letter->tries, kPauseMax);
  ++letter->tries;
  CURFEW_TRY_STATUS(save(tx, *letter));
  return mail;
}

Status finish_letter(WriteTx& tx, const TenantId& tenant_id, const std::string& letter_id) {
  CURFEW_TRY_STATUS(remove<Letter>(tx, tenant_id, letter_id));
  return Done{};
}

}  // namespace curfew
