// api/password_reset/outbox.hpp: the mails that are to be sent, as rows; and what each says.
//
// Delivery is at least once. A row stands until the mail server has taken the mail over; if the
// server ends in between, the mail is sent again after the next start, with another code, and the
// code before it is void. No row and no log holds a code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/context.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/password_reset.hpp"
#include "store/store.hpp"

namespace curfew {

// Somebody asks for a link for this name. One row for each name, whatever exists: asking again
// before the mail was sent replaces the row.
[[nodiscard]] Status ask_for_link(WriteTx& tx, const ServerContext& context,
                                  const std::string& username, TimePoint now);

// Those whose time has come, the oldest first.
inline constexpr std::size_t kLettersAtOnce = 16;
[[nodiscard]] Result<std::vector<Letter>> due_letters(ReadTx& tx, const TenantId& tenant_id,
                                                      TimePoint now);

struct WrittenMail {
  std::string to;
  std::string message;  // RFC 5322
};
// Writes the mail now, in the transaction that puts its next try off. Nothing, and the row is gone:
// there is nothing to send, because nobody has that name, or they may not, or it is too late.
[[nodiscard]] Result<std::optional<WrittenMail>> write_mail(WriteTx& tx,
                                                            const ServerContext& context,
                                                            const std::string& letter_id,
                                                            TimePoint now);

// The mail server has it, or will never take it.
[[nodiscard]] Status finish_letter(WriteTx& tx, const TenantId& tenant_id,
                                   const std::string& letter_id);

}  // namespace curfew
