// api/password_reset/post_office.hpp: sends the mails of the outbox, one after the other, beside
// everything else.
//
// It has a thread of its own for what blocks, and each mail a deadline: a mail server that is slow,
// hangs or is gone delays mails and nothing else. What could not be handed over is tried again,
// later and later, until the letter expires.
#pragma once

#include <memory>

#include "api/context.hpp"
#include "io/smtp_client.hpp"

namespace curfew {

inline constexpr Duration kMailTimeMax = std::chrono::seconds{30};
inline constexpr Duration kOutboxLookedAtEvery = std::chrono::seconds{1};

class PostOffice {
 public:
  // Begins at once, on the first I/O thread of the context's runtime. `context` outlives it.
  PostOffice(const ServerContext& context, SmtpServer server);
  // Begins nothing more, and ends the mail in hand within about a second; its row stays.
  void close();
  // After close(), and after the runtime was stopped: waits for the thread.
  ~PostOffice();
  PostOffice(const PostOffice&) = delete;
  PostOffice& operator=(const PostOffice&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace curfew
