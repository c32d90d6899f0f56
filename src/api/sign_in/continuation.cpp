#include "api/sign_in/continuation.hpp"

#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "access/liveness.hpp"
#include "api/sign_in/sealed_fields.hpp"
#include "base/check.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "protocol/oauth/device_authorization.hpp"

namespace curfew {

namespace {

constexpr std::string_view kPurpose = "sign-in form";
constexpr std::string_view kVersion = "1";
constexpr std::size_t kFieldCount = 12;
constexpr std::string_view kDevicePage = "page:device:";

constexpr std::array kSteps{
    std::pair{ContinuationStep::sign_in, std::string_view{"sign_in"}},
    std::pair{ContinuationStep::change_password, std::string_view{"change_password"}},
    std::pair{ContinuationStep::choose_account, std::string_view{"choose_account"}},
    std::pair{ContinuationStep::consent, std::string_view{"consent"}},
    std::pair{ContinuationStep::account, std::string_view{"account"}},
    std::pair{ContinuationStep::sign_out, std::string_view{"sign_out"}},
    std::pair{ContinuationStep::device_code, std::string_view{"device_code"}},
    std::pair{ContinuationStep::device_confirm, std::string_view{"device_confirm"}},
};

std::string_view to_string(ContinuationStep step) {
  for (const auto& [value, word] : kSteps) {
    if (value == step) return word;
  }
  CURFEW_CHECK(false);
}

bool parse_step(std::string_view text, ContinuationStep& out) {
  for (const auto& [value, word] : kSteps) {
    if (word == text) {
      out = value;
      return true;
    }
  }
  return false;
}

bool parse_flag(std::string_view text, bool& out) {
  out = text == "1";
  return out || text == "0";
}

bool parse_time(std::string_view text, TimePoint& out) {
  std::int64_t millis = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), millis);
  out = from_unix_millis(millis);
  return error == std::errc{} && end == text.data() + text.size();
}

bool parse_as_of(std::string_view text, Position& out) {
  if (text.empty()) return true;
  const std::optional<Position> position = parse_position(text);
  out = position.value_or(Position{});
  return position.has_value();
}

std::string flag(bool value) { return value ? "1" : "0"; }

}  // namespace

Duration time_max_of(ContinuationStep step) {
  switch (step) {
    case ContinuationStep::sign_in:
    case ContinuationStep::account:
    case ContinuationStep::sign_out:
    case ContinuationStep::device_code: return kSignInFormTimeMax;
    case ContinuationStep::change_password:
    case ContinuationStep::choose_account:
    case ContinuationStep::consent:
    case ContinuationStep::device_confirm: return kProofTimeMax;
  }
  CURFEW_CHECK(false);
}

std::string to_plain(const Continuation& continuation) {
  return pack_fields({std::string{kVersion}, std::string{to_string(continuation.step)},
                      continuation.anchor, std::to_string(to_unix_millis(continuation.made_at)),
                      continuation.request, flag(continuation.signed_in_now),
                      flag(continuation.account_chosen), join(continuation.permissions, " "),
                      continuation.user_id.str(), continuation.password_id,
                      continuation.as_of.is_set() ? to_string(continuation.as_of) : "",
                      flag(continuation.keep_signed_in)});
}

std::optional<Continuation> parse_continuation(std::string_view plain) {
  const std::optional<std::vector<std::string>> fields = unpack_fields(plain, kFieldCount);
  if (!fields || fields->front() != kVersion) return std::nullopt;
  Continuation parsed;
  std::size_t at = 1;
  const auto next = [&]() -> const std::string& { return (*fields)[at++]; };
  const bool head = parse_step(next(), parsed.step);
  parsed.anchor = next();
  const bool time = parse_time(next(), parsed.made_at);
  parsed.request = next();
  const bool signed_in = parse_flag(next(), parsed.signed_in_now);
  const bool chosen = parse_flag(next(), parsed.account_chosen);
  parsed.permissions = split_words(next());
  parsed.user_id = UserId{next()};
  parsed.password_id = next();
  const bool proof = parse_as_of(next(), parsed.as_of);
  const bool keep = parse_flag(next(), parsed.keep_signed_in);
  if (!head || !time || !signed_in || !chosen || !proof || !keep) return std::nullopt;
  return parsed;
}

std::string seal_continuation(const ServerContext& context, const Continuation& continuation) {
  return seal_text(context, kPurpose, to_plain(continuation));
}

std::optional<Continuation> open_continuation(const ServerContext& context,
                                              std::string_view sealed) {
  const std::optional<std::string> plain = open_text(context, kPurpose, sealed);
  std::optional<Continuation> opened = plain ? parse_continuation(*plain) : std::nullopt;
  // Sealed by us, so its position is no mere claim.
  if (opened && is_ahead(context.live(), opened->as_of, kPurpose)) return std::nullopt;
  return opened;
}

std::string device_page_request(std::string_view user_code) {
  return std::string{kDevicePage} + std::string{user_code};
}

std::optional<std::string> device_page_of(std::string_view request) {
  if (!request.starts_with(kDevicePage)) return std::nullopt;
  return read_user_code(request.substr(kDevicePage.size())).value_or("");
}

std::string anchor_of(std::string_view presession_cookie) {
  return sha256_base64url(presession_cookie);
}

bool is_current(const Continuation& continuation, ContinuationStep step, std::string_view anchor,
                TimePoint now) {
  return continuation.step == step && !continuation.anchor.empty() &&
         equal_constant_time(continuation.anchor, anchor) && continuation.made_at <= now &&
         now - continuation.made_at < time_max_of(step);
}

}  // namespace curfew
