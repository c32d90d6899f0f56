// base/error.hpp: the one error type of the product, shaped by what the caller should do next.
//
// A failure is data here: it decides the next state of a step, is shown to an operator and is kept
// as evidence. So an error says who can cure it (`Retry`), what kind it is (`ErrorCode`, a closed
// set that each edge maps exhaustively to its own protocol) and one sentence for an operator.
//
// Messages: an English sentence without a trailing period; never a secret; the peer's status, not
// its body.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace curfew {

enum class ErrorCode {
  invalid_argument,  // the input breaks a rule; the message names the rule
  unauthenticated,   // who is asking is not proved
  denied,            // proved, and not allowed
  not_found,         // the thing named does not exist
  conflict,          // the state does not allow it now (already exists, used, superseded)
  exhausted,         // a limit of ours was reached
  unavailable,       // a part that we need does not answer
  timeout,           // it did not answer in time
  protocol,          // a peer broke its own rules
  corrupted,         // stored data or a signature is not what was written
  internal,          // our own mistake
};

enum class Retry {
  never,        // the same request fails in the same way for ever
  later,        // time can cure it
  after_human,  // a person must act first
};

class Error {
 public:
  Error(ErrorCode code, Retry retry, std::string message)
      : code_(code), retry_(retry), message_(std::move(message)) {}

  [[nodiscard]] static Error permanent(ErrorCode code, std::string message) {
    return Error{code, Retry::never, std::move(message)};
  }
  [[nodiscard]] static Error transient(ErrorCode code, std::string message) {
    return Error{code, Retry::later, std::move(message)};
  }

  [[nodiscard]] ErrorCode code() const { return code_; }
  [[nodiscard]] Retry retry() const { return retry_; }
  [[nodiscard]] const std::string& message() const { return message_; }

  // The same error with `context` and a colon in front: "reading ca.pem: no such file".
  [[nodiscard]] Error within(std::string_view context) const {
    return Error{code_, retry_, std::string{context} + ": " + message_};
  }

 private:
  ErrorCode code_;
  Retry retry_;
  std::string message_;
};

// The enumerator's own name, for logs and JSON.
[[nodiscard]] std::string_view to_string(ErrorCode code);
[[nodiscard]] std::string_view to_string(Retry retry);

}  // namespace curfew
