#include "api/password_reset/post_office.hpp"

#include <atomic>
#include <utility>

#include "api/password_reset/outbox.hpp"
#include "base/log.hpp"
#include "io/offload_pool.hpp"
#include "io/runtime.hpp"

namespace curfew {

struct PostOffice::Impl : std::enable_shared_from_this<PostOffice::Impl> {
  Impl(const ServerContext& given, SmtpServer server)
      : context(given), client(std::move(server)), executor(given.runtime.executor(0)) {}

  Task<Done> run();
  Task<bool> send_due();
  Task<bool> send(Letter letter);

  const ServerContext& context;
  SmtpClient client;
  std::unique_ptr<OffloadPool> pool = std::make_unique<OffloadPool>(OffloadOptions{"mail", 1, 1});
  Executor& executor;
  std::atomic<bool> closed{false};
};

// False: the mail server did not take it, so the others need not be tried now.
Task<bool> PostOffice::Impl::send(Letter letter) {
  std::function<Result<std::optional<WrittenMail>>(WriteTx&)> write =
      [this, id = letter.id](WriteTx& tx) {
        return write_mail(tx, context, id, context.clock.now());
      };
  const auto mail = co_await write_value<std::optional<WrittenMail>>(
      context.store, executor, Urgency::normal, std::move(write));
  if (!mail.ok()) {
    log(LogLevel::warning, "mail.not_written", {{"why", mail.error().message()}});
    co_return false;
  }
  if (!*mail) co_return true;
  auto work = [this, to_send = SmtpMail{context.password_reset.mail_from, (*mail)->to,
                                        (*mail)->message}]() -> Status {
    return client.send(to_send, kMailTimeMax);
  };
  const Status sent = co_await offload(*pool, executor, std::move(work));
  if (!sent.ok()) {
    log(LogLevel::warning, "mail.failed",
        {{"kind", std::string{to_string(letter.kind)}},
         {"tries", std::to_string(letter.tries + 1)},
         {"why", sent.error().message()}});
  }
  const bool is_over = sent.ok() || sent.error().retry() == Retry::never;
  if (!is_over) co_return false;
  std::function<Result<Done>(WriteTx&)> finish = [this,
                                                  id = letter.id](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(finish_letter(tx, context.tenant_id, id));
    return Done{};
  };
  const Result<Done> finished =
      co_await write_value<Done>(context.store, executor, Urgency::normal, std::move(finish));
  if (!finished.ok()) {
    log(LogLevel::warning, "mail.sent_and_not_noted", {{"why", finished.error().message()}});
  }
  co_return true;
}

Task<bool> PostOffice::Impl::send_due() {
  const auto due = read_value<std::vector<Letter>>(context.store, [&](ReadTx& tx) {
    return due_letters(tx, context.tenant_id, context.clock.now());
  });
  if (!due.ok()) {
    log(LogLevel::warning, "mail.outbox_unreadable", {{"why", due.error().message()}});
    co_return false;
  }
  for (const Letter& letter : *due) {
    if (closed || !co_await send(letter)) co_return false;
  }
  co_return due->size() == kLettersAtOnce;
}

Task<Done> PostOffice::Impl::run() {
  const std::shared_ptr<Impl> alive = shared_from_this();
  while (!closed) {
    // Nothing is given away while the journal is known to lack entries.
    const bool has_more = !context.live().rollback().is_raised() && co_await send_due();
    if (!has_more) co_await sleep_for(context.runtime, executor, kOutboxLookedAtEvery);
  }
  co_return Done{};
}

PostOffice::PostOffice(const ServerContext& context, SmtpServer server)
    : impl_(std::make_shared<Impl>(context, std::move(server))) {
  impl_->executor.post([impl = impl_] { start<Done>(impl->run(), [](Done) {}); });
}

void PostOffice::close() {
  impl_->closed = true;
  impl_->client.cancel();
}

PostOffice::~PostOffice() {
  close();
  impl_->pool.reset();
}

}  // namespace curfew
