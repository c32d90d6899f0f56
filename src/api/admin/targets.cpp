#include "api/admin/targets.hpp"

#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/admin/directory_lookup.hpp"
#include "api/admin/object_json.hpp"
#include "api/notify/receiver_calls.hpp"
#include "api/targets/target_token.hpp"
#include "base/target_limits.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "protocol/json/members.hpp"
#include "store/schema.hpp"
#include "store/schema_targets.hpp"

namespace curfew {

namespace {

namespace bj = boost::json;

Error invalid(std::string sentence) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(sentence));
}

bj::object to_json(const RevocationTarget& target) {
  return {{"id", target.id},
          {"displayName", target.display_name},
          {"url", target.url},
          {"subjectMember", to_string(target.subject_member)},
          {"subjectFormat", to_string(target.subject_format)},
          {"authentication", to_string(target.authentication)},
          {"clientId", target.client_id},
          {"hasToken", !target.sealed_token.empty()},
          {"isEnabled", target.is_enabled},
          {"createdDateTime", to_rfc3339(target.created_at)},
          {"answeredDateTime", time_json(target.answered_at)}};
}

Result<std::optional<std::string>> text_in(const bj::object& body, std::string_view member,
                                           std::size_t bytes_max) {
  CURFEW_TRY(auto text, get_optional_string(body, member));
  if (text && text->size() > bytes_max) return invalid(std::string{member} + " is too long");
  return text;
}

template <typename E>
Status word_in(const bj::object& body, std::string_view member, std::string_view words, E& out) {
  CURFEW_TRY(const auto text, get_optional_string(body, member));
  if (!text || parse_enum(*text, out)) return Done{};
  return invalid(std::string{member} + " is " + std::string{words});
}

Status apply_words(const bj::object& body, RevocationTarget& target) {
  CURFEW_TRY_STATUS(word_in(body, "subjectMember", "sub_id or subject", target.subject_member));
  CURFEW_TRY_STATUS(word_in(body, "authentication", "signed_jwt or bearer", target.authentication));
  return word_in(body, "subjectFormat", "email, iss_sub or opaque", target.subject_format);
}

// Whoever changes the address does not send an old token there, and what the old one answered says
// nothing of it.
Status apply_address(const bj::object& body, RevocationTarget& target) {
  CURFEW_TRY(const auto url, get_optional_string(body, "url"));
  if (!url || *url == target.url) return Done{};
  const Status good = check_receiver_url(*url);
  if (!good.ok()) return invalid("url: " + good.error().message());
  target.url = *url;
  target.sealed_token.clear();
  target.answered_at.reset();
  return Done{};
}

Status apply_token(const AdminCall& call, RevocationTarget& target) {
  CURFEW_TRY(const auto token, text_in(call.body, "token", limits::kTargetTokenBytesMax));
  if (token) {
    const bool is_plain = token->find_first_of("\r\n \t") == std::string::npos;
    if (!is_plain) return invalid("token is one word, as it stands after \"Bearer\"");
    target.sealed_token = seal_target_token(call.context, target.id, *token);
  }
  const bool is_bearer = target.authentication == TargetAuthentication::bearer;
  if (is_bearer && target.sealed_token.empty()) {
    return invalid("a target with bearer needs its token; another address needs it anew");
  }
  if (!is_bearer && target.client_id.empty()) {
    return invalid("a target with signed_jwt needs clientId: who we are there");
  }
  if (!is_bearer) target.sealed_token.clear();
  return Done{};
}

Status apply_body(const AdminCall& call, RevocationTarget& target) {
  CURFEW_TRY(const auto name, text_in(call.body, "displayName", limits::kTargetNameBytesMax));
  if (name) target.display_name = *name;
  if (target.display_name.empty()) return invalid("displayName is empty");
  CURFEW_TRY(const auto client, text_in(call.body, "clientId", limits::kTargetClientIdBytesMax));
  if (client) target.client_id = *client;
  CURFEW_TRY_STATUS(apply_words(call.body, target));
  CURFEW_TRY_STATUS(apply_address(call.body, target));
  if (target.url.empty()) return invalid("url is missing");
  CURFEW_TRY(const auto enabled, get_optional_bool(call.body, "isEnabled"));
  target.is_enabled = enabled.value_or(target.is_enabled);
  return apply_token(call, target);
}

Status check_name(ReadTx& tx, const RevocationTarget& target) {
  Query query;
  query.index = "revocation_targets_by_display_name";
  query.prefix = keys_of(target.tenant_id, target.display_name);
  query.limit = 1;
  CURFEW_TRY(const auto named, scan_as<RevocationTarget>(tx, query));
  if (named.empty() || named.front().id == target.id) return Done{};
  return Error::permanent(ErrorCode::conflict, "another target has this name");
}

Status check_room(ReadTx& tx, const TenantId& tenant_id) {
  Query query;
  query.table = &table_of<RevocationTarget>();
  query.prefix = keys_of(tenant_id);
  CURFEW_TRY(const std::uint64_t count, tx.count(query));
  if (count < limits::kTargetsMax) return Done{};
  return Error::permanent(ErrorCode::exhausted, "there are as many targets as there may be");
}

Result<Done> audit(WriteTx& tx, const AdminCall& call, const std::string& action,
                   const RevocationTarget& target) {
  return audit_change(tx, call, action, target.id, target.display_name, target.url);
}

}  // namespace

Task<Result<bj::value>> list_targets(const AdminCall& call) {
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  CURFEW_CO_TRY(const auto targets, read_page<RevocationTarget>(call, page));
  bj::array value;
  for (const RevocationTarget& target : targets) value.push_back(to_json(target));
  bj::object answer{{"value", std::move(value)}};
  if (targets.size() == page.limit) answer["next"] = targets.back().id;
  co_return bj::value(std::move(answer));
}

Task<Result<bj::value>> show_target(const AdminCall& call) {
  CURFEW_CO_TRY(const RevocationTarget target, look_up(call, &find_target, call.value("id")));
  co_return bj::value(to_json(target));
}

Task<Result<bj::value>> add_target(const AdminCall& call) {
  RevocationTarget target;
  target.tenant_id = call.tenant_id();
  target.id = new_guid();
  target.created_at = call.context.clock.now();
  CURFEW_CO_TRY_STATUS(apply_body(call, target));
  auto write = [&call, target](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(check_name(tx, target));
    CURFEW_TRY_STATUS(check_room(tx, target.tenant_id));
    CURFEW_TRY_STATUS(add(tx, target));
    return audit(tx, call, "target.add", target);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return bj::value(to_json(target));
}

// Two changes at once are two changes: the row is the one that the transaction sees.
Task<Result<bj::value>> change_target(const AdminCall& call) {
  const std::string name = call.value("id");
  const auto changed = std::make_shared<RevocationTarget>();
  auto write = [&call, name, changed](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(*changed, find_target(tx, call.tenant_id(), name));
    CURFEW_TRY_STATUS(apply_body(call, *changed));
    CURFEW_TRY_STATUS(check_name(tx, *changed));
    CURFEW_TRY_STATUS(save(tx, *changed));
    return audit(tx, call, "target.change", *changed);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return bj::value(to_json(*changed));
}

Task<Result<bj::value>> remove_target(const AdminCall& call) {
  const std::string name = call.value("id");
  const auto removed = std::make_shared<RevocationTarget>();
  auto write = [&call, name, removed](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(*removed, find_target(tx, call.tenant_id(), name));
    CURFEW_TRY_STATUS(remove<RevocationTarget>(tx, removed->tenant_id, removed->id));
    return audit(tx, call, "target.remove", *removed);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return bj::value{{"id", removed->id}, {"removed", true}};
}

}  // namespace curfew
