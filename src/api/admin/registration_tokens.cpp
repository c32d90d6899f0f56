#include "api/admin/registration_tokens.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <utility>

#include "api/admin/directory_lookup.hpp"
#include "api/admin/object_json.hpp"
#include "api/admin/page_place.hpp"
#include "api/registration/initial_token.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "io/runtime.hpp"
#include "protocol/json/members.hpp"
#include "protocol/oauth/client_metadata.hpp"
#include "revocation/removal.hpp"
#include "revocation/service.hpp"
#include "store/schema_registration.hpp"

namespace curfew {

namespace {

constexpr std::int64_t kLifetimeSecondsDefault = 24 * 3600;
constexpr std::size_t kNameBytesMax = 256;

Error refused(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

Result<std::int64_t> number_in(const boost::json::object& body, std::string_view name,
                               std::int64_t otherwise, std::int64_t least, std::int64_t most) {
  CURFEW_TRY(const auto given, get_optional_int64(body, name));
  const std::int64_t number = given.value_or(otherwise);
  if (number >= least && number <= most) return number;
  return refused(std::string{name} + " must be from " + std::to_string(least) + " to " +
                 std::to_string(most));
}

Result<std::vector<std::string>> grant_types_in(const boost::json::object& body) {
  CURFEW_TRY(auto given, get_optional_strings(body, "grantTypes"));
  const std::span<const std::string_view> known = registrable_grant_types();
  if (!given) return std::vector<std::string>{"authorization_code", "refresh_token"};
  std::vector<std::string> choices{known.begin(), known.end()};
  for (const std::string& grant : *given) {
    if (std::ranges::find(known, grant) != known.end()) continue;
    return refused("grantTypes: " + escape_for_display(grant) +
                   " is none that an application can register for; there are " +
                   join(choices, ", "));
  }
  if (given->empty()) return refused("grantTypes is empty; there are " + join(choices, ", "));
  return std::move(*given);
}

Status read_wishes(const AdminCall& call, RegistrationToken& token) {
  const boost::json::object& body = call.body;
  CURFEW_TRY(const auto name, get_optional_string(body, "displayName"));
  token.display_name = name.value_or("initial access token");
  if (token.display_name.size() > kNameBytesMax) {
    return refused("displayName is longer than 256 bytes");
  }
  CURFEW_TRY(token.grant_types, grant_types_in(body));
  CURFEW_TRY(token.uses_left, number_in(body, "uses", 1, 1, limits::kRegistrationTokenUsesMax));
  const auto seconds = [](auto time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time).count();
  };
  CURFEW_TRY(const std::int64_t lifetime,
             number_in(body, "lifetimeSeconds", kLifetimeSecondsDefault,
                       seconds(limits::kRegistrationTokenTimeMin),
                       seconds(limits::kRegistrationTokenTimeMax)));
  token.expires_at = token.created_at + std::chrono::seconds{lifetime};
  return Done{};
}

}  // namespace

Task<Result<boost::json::value>> list_registration_tokens(const AdminCall& call) {
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  CURFEW_CO_TRY(const auto tokens, read_page<RegistrationToken>(call, page));
  boost::json::array shown;
  for (const RegistrationToken& token : tokens) shown.push_back(to_json(token));
  boost::json::object answer{{"value", std::move(shown)}};
  if (tokens.size() == page.limit) answer["next"] = tokens.back().id;
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> add_registration_token(const AdminCall& call) {
  if (!call.context.registers_clients) {
    co_return Error::permanent(ErrorCode::conflict,
                               "applications cannot register themselves at this server: its "
                               "operator can allow it ([registration] enabled = true)");
  }
  NewInitialToken made = make_initial_token(call);
  CURFEW_CO_TRY_STATUS(read_wishes(call, made.row));
  auto write = [&call, token = made.row](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(add_initial_token(tx, call, token));
    return audit_change(tx, call, "registration_token.add", token.id, token.display_name);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  boost::json::object answer = to_json(made.row);
  answer["tokenText"] = made.text;
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> remove_registration_token(const AdminCall& call) {
  Removal removal;
  removal.kind = RemovalKind::remove_registration_token;
  removal.object_id = call.value("id");
  const auto done = co_await call.context.revocation.remove_one(
      std::move(removal), requester_of(call), current_executor());
  if (!done.ok()) co_return done.error();
  co_return boost::json::value{{"position", to_string(done->position)}};
}

}  // namespace curfew
