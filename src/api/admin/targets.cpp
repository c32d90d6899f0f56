#include "api/admin/targets.hpp"

#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/admin/directory_lookup.hpp"
#include "api/notify/receiver_calls.hpp"
#include "api/targets/target_token.hpp"
#include "base/target_limits.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "protocol/global_revocation/global_revocation.hpp"
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
          {"subjectFormat", target.subject_format},
          {"authentication", to_string(target.authentication)},
          {"clientId", target.client_id},
          {"hasToken", !target.sealed_token.empty()},
          {"isEnabled", target.is_enabled},
          {"createdDateTime", to_rfc3339(target.created_at)}};
}

// By id, or by name.
Result<RevocationTarget> find_target(ReadTx& tx, const TenantId& tenant_id,
                                     const std::string& name) {
  CURFEW_TRY(auto by_id, load<RevocationTarget>(tx, tenant_id, ascii_lower(name)));
  if (by_id) return *std::move(by_id);
  Query query;
  query.index = "revocation_targets_by_display_name";
  query.prefix = keys_of(tenant_id, name);
  query.limit = 1;
  CURFEW_TRY(auto named, scan_as<RevocationTarget>(tx, query));
  if (named.empty()) {
    return Error::permanent(ErrorCode::not_found, "there is no target " + escape_for_display(name));
  }
  return std::move(named.front());
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
  SubjectFormat format = SubjectFormat::email;
  if (!parse_enum(target.subject_format, format)) format = SubjectFormat::email;
  CURFEW_TRY_STATUS(word_in(body, "subjectFormat", "email, iss_sub or opaque", format));
  target.subject_format = to_string(format);
  return Done{};
}

// Whoever changes the address does not send an old token there.
Status apply_address(const bj::object& body, RevocationTarget& target) {
  CURFEW_TRY(const auto url, get_optional_string(body, "url"));
  if (!url || *url == target.url) return Done{};
  const Status good = check_receiver_url(*url);
  if (!good.ok()) return invalid("url: " + good.error().message());
  target.url = *url;
  target.sealed_token.clear();
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
  return apply_token(call, target);
}

Result<bool> get_enabled(const bj::object& body, bool before) {
  const auto* const member = body.if_contains("isEnabled");
  if (member == nullptr) return before;
  if (!member->is_bool()) return invalid("isEnabled is true or false");
  return member->as_bool();
}

Status check_room(ReadTx& tx, const TenantId& tenant_id, const RevocationTarget& target) {
  Query query;
  query.prefix = keys_of(tenant_id);
  query.limit = limits::kTargetsMax + 1;
  CURFEW_TRY(const auto all, scan_as<RevocationTarget>(tx, query));
  bool is_there = false;
  for (const RevocationTarget& other : all) {
    is_there = is_there || other.id == target.id;
    if (other.id != target.id && other.display_name == target.display_name) {
      return Error::permanent(ErrorCode::conflict, "another target has this name");
    }
  }
  if (is_there || all.size() < limits::kTargetsMax) return Done{};
  return Error::permanent(ErrorCode::exhausted, "there are as many targets as there may be");
}

Task<Result<bj::value>> save_target(const AdminCall& call, RevocationTarget target,
                                    std::string action) {
  auto write = [&call, target, action](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(check_room(tx, call.tenant_id(), target));
    CURFEW_TRY_STATUS(save(tx, target));
    return audit_change(tx, call, action, target.id, target.display_name, target.url);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return bj::value(to_json(target));
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
  co_return co_await save_target(call, std::move(target), "target.add");
}

Task<Result<bj::value>> change_target(const AdminCall& call) {
  CURFEW_CO_TRY(RevocationTarget target, look_up(call, &find_target, call.value("id")));
  CURFEW_CO_TRY(target.is_enabled, get_enabled(call.body, target.is_enabled));
  CURFEW_CO_TRY_STATUS(apply_body(call, target));
  co_return co_await save_target(call, std::move(target), "target.change");
}

Task<Result<bj::value>> remove_target(const AdminCall& call) {
  CURFEW_CO_TRY(const RevocationTarget target, look_up(call, &find_target, call.value("id")));
  auto write = [&call, target](WriteTx& tx) -> Result<Done> {
    const auto removed = remove<RevocationTarget>(tx, target.tenant_id, target.id);
    if (!removed.ok()) return removed.error();
    return audit_change(tx, call, "target.remove", target.id, target.display_name, target.url);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return bj::value{{"id", target.id}, {"removed", true}};
}

}  // namespace curfew
