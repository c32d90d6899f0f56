#include "api/targets/target_token.hpp"

#include <utility>

#include "api/sign_in/sealed_fields.hpp"

namespace curfew {

namespace {

std::string purpose_of(const std::string& target_id) { return "revocation-target:" + target_id; }

}  // namespace

std::string seal_target_token(const ServerContext& context, const std::string& target_id,
                              std::string_view token) {
  return token.empty() ? "" : seal_text(context, purpose_of(target_id), token);
}

Result<std::string> open_target_token(const ServerContext& context,
                                      const RevocationTarget& target) {
  auto token = open_text(context, purpose_of(target.id), target.sealed_token);
  if (token) return *std::move(token);
  return Error{ErrorCode::conflict, Retry::after_human,
               "the target's token cannot be read; give it again"};
}

}  // namespace curfew
