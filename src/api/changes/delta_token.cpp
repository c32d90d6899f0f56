#include "api/changes/delta_token.hpp"

#include <boost/json.hpp>

#include "api/sign_in/sealed_fields.hpp"
#include "base/limits.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

constexpr std::string_view kPurpose = "graph-delta";
constexpr std::size_t kFields = 3;  // the time, the generation, the token

std::optional<std::int64_t> number_of(std::string_view text) {
  constexpr std::size_t kDigitsMax = 18;
  if (text.empty() || text.size() > kDigitsMax) return std::nullopt;
  std::int64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

Result<DeltaToken> parse(std::string_view text) {
  CURFEW_TRY(const boost::json::object object,
             parse_json_object(text, {.bytes_max = limits::kDeltaTokenBytesMax}));
  DeltaToken token;
  CURFEW_TRY(token.collection, get_string(object, "c"));
  CURFEW_TRY(token.is_minimal, get_bool(object, "m"));
  CURFEW_TRY(token.is_listing, get_bool(object, "l"));
  CURFEW_TRY(token.row_value, get_string(object, "v"));
  CURFEW_TRY(token.row_id, get_string(object, "i"));
  CURFEW_TRY(token.object_id, get_string(object, "o"));
  CURFEW_TRY(token.member, get_string(object, "e"));
  CURFEW_TRY(token.select, get_strings(object, "s"));
  CURFEW_TRY(token.ids, get_strings(object, "f"));
  CURFEW_TRY(token.known_up_to, get_int64(object, "p"));
  CURFEW_TRY(token.kind, get_int64(object, "k"));
  CURFEW_TRY(token.page_size, get_int64(object, "n"));
  return token;
}

std::int64_t generation_of(const ServerContext& context) {
  return static_cast<std::int64_t>(context.live().head().position.generation);
}

}  // namespace

std::string pack_delta_token(const DeltaToken& token) {
  return serialize_json(boost::json::object{{"c", token.collection},
                                            {"s", list_of(token.select)},
                                            {"f", list_of(token.ids)},
                                            {"m", token.is_minimal},
                                            {"n", token.page_size},
                                            {"p", token.known_up_to},
                                            {"l", token.is_listing},
                                            {"k", token.kind},
                                            {"v", token.row_value},
                                            {"i", token.row_id},
                                            {"o", token.object_id},
                                            {"e", token.member}});
}

std::optional<DeltaToken> unpack_delta_token(std::string_view text) {
  Result<DeltaToken> token = parse(text);
  return token.ok() ? std::optional{std::move(token).value()} : std::nullopt;
}

std::string to_text(const ServerContext& context, const DeltaToken& token) {
  return seal_text(context, kPurpose,
                   pack_fields({std::to_string(to_unix_seconds(context.clock.now())),
                                std::to_string(generation_of(context)), pack_delta_token(token)}));
}

ReadDeltaToken read_delta_token(const ServerContext& context, std::string_view collection,
                                std::string_view text) {
  if (text.size() > limits::kDeltaTokenBytesMax) return {};
  const auto opened = open_text(context, kPurpose, text);
  const auto fields = opened ? unpack_fields(*opened, kFields) : std::nullopt;
  if (!fields) return {};
  const auto made_at = number_of((*fields)[0]);
  const auto generation = number_of((*fields)[1]);
  auto token = unpack_delta_token((*fields)[2]);
  if (!made_at || !generation || !token || token->collection != collection) return {};
  if (*generation != generation_of(context)) return {};
  if (from_unix_seconds(*made_at) + limits::kDeltaTimeMax <= context.clock.now()) {
    return {DeltaTokenState::too_old, {}};
  }
  return {DeltaTokenState::good, std::move(*token)};
}

}  // namespace curfew
