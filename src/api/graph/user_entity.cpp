#include "api/graph/user_entity.hpp"

#include <array>
#include <boost/json.hpp>

#include "api/directory/directory_index.hpp"
#include "api/directory/stored_properties.hpp"
#include "api/graph/stored_reader.hpp"
#include "base/text.hpp"
#include "model/key.hpp"
#include "store/journal.hpp"

namespace curfew {

namespace {

using namespace operators;
using P = EntityProperty<UserView>;
using View = UserView;

// The columns of Graph's table of operators, by name.
constexpr Operators kText = kEquality | kGeLe | kStartsWith;
constexpr Operators kTextAdvanced = kNegations | kNull;
constexpr Operators kAdvancedText = kEquality | kGeLe | kStartsWith | kNegations | kNull;

P stored_text(std::string_view name, bool is_default = false, Operators plain = kText,
              Operators advanced = kTextAdvanced, SearchKind search = SearchKind::starts_with) {
  return {{name, PropertyType::string, plain, advanced, search}, is_default, &stored_value<View>};
}
P absent_text(std::string_view name) {
  return {{name, PropertyType::string, kEquality, kNegations | kNull}, false, &no_value<View>};
}
P absent_list(std::string_view name) { return {{name}, false, nullptr, &empty_list<View>}; }
P absent(std::string_view name) { return {{name}, false, nullptr, &null_value<View>}; }

boost::json::value show_identities(const View& view) {
  const std::string& name = view.user.user_principal_name;
  const std::size_t at = name.find('@');
  return boost::json::array{
      boost::json::object{{"signInType", "userPrincipalName"},
                          {"issuer", at == std::string::npos ? std::string{} : name.substr(at + 1)},
                          {"issuerAssignedId", name}}};
}

std::vector<P> own_properties() {
  return {
      {{"id", PropertyType::guid, kEquality, kNegations},
       true,
       [](const View& v, std::string_view) {
         return PropertyValue{std::string_view{v.user.id.str()}};
       }},
      {{"displayName", PropertyType::string, kText, kTextAdvanced, SearchKind::tokens},
       true,
       [](const View& v, std::string_view) {
         return PropertyValue{std::string_view{v.user.display_name}};
       }},
      {{"userPrincipalName", PropertyType::string, kText, kNegations | kEndsWith,
        SearchKind::starts_with},
       true,
       [](const View& v, std::string_view) {
         return PropertyValue{std::string_view{v.user.user_principal_name}};
       }},
      {{"mail", PropertyType::string, kText, kTextAdvanced | kEndsWith, SearchKind::starts_with},
       true,
       [](const View& v, std::string_view) {
         return v.user.mail ? PropertyValue{std::string_view{*v.user.mail}} : PropertyValue{};
       }},
      {{"accountEnabled", PropertyType::boolean, kEquality, kNegations},
       false,
       [](const View& v, std::string_view) { return PropertyValue{v.user.account_enabled}; }},
      {{"userType", PropertyType::string, kEquality, kNegations | kNull},
       false,
       [](const View& v, std::string_view) { return PropertyValue{to_string(v.user.user_type)}; }},
      {{"createdDateTime", PropertyType::date_time, kEquality | kGeLe | kGt | kLt, kNegations},
       false,
       [](const View& v, std::string_view) { return PropertyValue{v.user.created_at}; }},
      {{"lastPasswordChangeDateTime", PropertyType::date_time},
       false,
       [](const View& v, std::string_view) {
         const auto& at = v.user.last_password_change_at;
         return at ? PropertyValue{*at} : PropertyValue{};
       }},
      {{"signInSessionsValidFromDateTime", PropertyType::date_time},
       false,
       [](const View& v, std::string_view) {
         return PropertyValue{v.sign_in_sessions_valid_from};
       }},
      {{"identities"}, false, nullptr, &show_identities},
  };
}

std::vector<P> stored_rules() {
  return {
      {{"businessPhones", PropertyType::string_collection, kEquality | kStartsWith, kNegations},
       true,
       &stored_texts<View>},
      stored_text("givenName", true),
      stored_text("jobTitle", true),
      stored_text("mobilePhone", true, kNone, kAdvancedText),
      stored_text("officeLocation", true, kNone, kAdvancedText),
      stored_text("preferredLanguage", true, kNone, kAdvancedText),
      stored_text("surname", true),
      stored_text("ageGroup", false, kEquality, kNegations | kNull),
      stored_text("city"),
      stored_text("companyName", false, kNone, kAdvancedText),
      stored_text("consentProvidedForMinor", false, kEquality, kNegations | kNull),
      stored_text("country"),
      stored_text("department"),
      {{"employeeHireDate", PropertyType::date_time, kNone, kEquality | kGeLe | kNegations},
       false,
       &stored_time<View>},
      {{"employeeLeaveDateTime", PropertyType::date_time, kNone, kEquality | kGeLe | kNegations},
       false,
       &stored_time<View>},
      stored_text("employeeId", false, kEquality | kStartsWith, kGeLe | kTextAdvanced),
      stored_text("employeeType", false, kNone, kAdvancedText),
      stored_text("faxNumber"),
      stored_text("mailNickname"),
      stored_text("onPremisesImmutableId", false, kNone, kEquality | kGeLe | kNegations | kNull),
      {{"otherMails", PropertyType::string_collection, kEquality | kStartsWith | kGeLe,
        kNegations | kEndsWith},
       false,
       &stored_texts<View>},
      stored_text("passwordPolicies", false, kNone, kEquality | kNegations | kNull),
      stored_text("postalCode", false, kNone, kAdvancedText),
      {{"showInAddressList", PropertyType::boolean, kNone, kEquality | kNegations | kNull},
       false,
       &stored_value<View>},
      stored_text("state"),
      stored_text("streetAddress", false, kNone, kAdvancedText),
      stored_text("usageLocation"),
  };
}

std::vector<P> basic_properties() {
  std::vector<P> basics;
  const auto keep = [&basics](const std::vector<P>& properties) {
    for (const P& property : properties) {
      const std::string_view name = property.rule.name;
      const bool is_basic = name == "id" || name == "displayName" || name == "givenName" ||
                            name == "surname" || name == "mail" || name == "userPrincipalName";
      if (is_basic) basics.push_back(property);
    }
  };
  keep(own_properties());
  keep(stored_rules());
  return basics;
}

// What Graph has and this directory does not keep: there, and empty, so that asking is no error.
std::vector<P> absent_properties() {
  return {
      absent_text("aboutMe"),
      absent_text("creationType"),
      absent("deletedDateTime"),  // a deleted person's: deleted_items.cpp
      absent_text("externalUserState"),
      absent("externalUserStateChangeDateTime"),
      absent_list("imAddresses"),
      absent_list("assignedLicenses"),
      absent_list("assignedPlans"),
      absent_list("interests"),
      absent("isResourceAccount"),
      absent("legalAgeGroupClassification"),
      absent_list("licenseAssignmentStates"),
      absent("mySite"),
      absent_text("onPremisesDistinguishedName"),
      absent_text("onPremisesDomainName"),
      absent("onPremisesExtensionAttributes"),
      absent("onPremisesLastSyncDateTime"),
      absent_list("onPremisesProvisioningErrors"),
      absent_text("onPremisesSamAccountName"),
      absent_text("onPremisesSecurityIdentifier"),
      {{"onPremisesSyncEnabled", PropertyType::boolean, kEquality, kNegations | kNull},
       false,
       &no_value<View>},
      absent_text("onPremisesUserPrincipalName"),
      absent("passwordProfile"),
      absent_list("pastProjects"),
      absent("preferredDataLocation"),
      absent("preferredName"),
      absent_list("provisionedPlans"),
      absent_list("proxyAddresses"),
      absent_list("responsibilities"),
      absent_list("schools"),
      absent("securityIdentifier"),
      absent_list("serviceProvisioningErrors"),
      absent_list("skills"),
  };
}

ListedCandidates<User>::Load loader(const GraphCall& call) {
  return [tenant = call.tenant_id()](ReadTx& tx, const PagePlace& place) {
    return load<User>(tx, tenant, UserId{place.id});
  };
}

using Source = std::shared_ptr<const Candidates<User>>;

Source by_name(const GraphCall& call, ValueRange range) {
  constexpr std::size_t kNameColumn = 2;
  return std::make_shared<IndexCandidates<User>>(
      IndexPlace{"users_by_upn", &table_of<User>(), keys_of(call.tenant_id()), kNameColumn, 1},
      std::move(range), loader(call));
}

// A person with several values in the range stands in the index with each; they are given once, at
// the first of them.
IndexCandidates<User>::IsFirst first_in(std::string_view property, const ValueRange& range) {
  return [property, range](const PagePlace& place, const User& user) {
    for (const DirectoryIndexEntry& entry : index_entries(user)) {
      const bool is_before =
          range.descending ? entry.value > place.value : entry.value < place.value;
      if (entry.property == property && is_before && range.holds(entry.value)) return false;
    }
    return true;
  };
}

Source by_index(const GraphCall& call, std::string_view property, ValueRange range) {
  constexpr std::size_t kValueColumn = 3;
  IndexCandidates<User>::IsFirst is_first = first_in(property, range);
  return std::make_shared<IndexCandidates<User>>(
      IndexPlace{"", &table_of<DirectoryIndexEntry>(),
                 keys_of(call.tenant_id(), std::string{kUserIndexKind}, std::string{property}),
                 kValueColumn, kValueColumn + 1},
      std::move(range), loader(call), std::move(is_first));
}

// What the filter or search says that the wanted rows' property begins with, or is.
std::optional<std::string> needed_prefix(const ListQuery& query, std::size_t property) {
  if (query.filter) {
    const auto equal = query.filter->required_equal(property);
    if (equal && equal->size() == 1) return equal->front();
    if (auto prefix = query.filter->required_prefix(property)) return prefix;
  }
  if (query.search) return query.search->required_prefix(property);
  return std::nullopt;
}

// The ids that the filter asks for, where it asks for ids.
std::optional<std::vector<PagePlace>> needed_ids(const ListQuery& query, std::size_t property) {
  if (!query.filter) return std::nullopt;
  const auto ids = query.filter->required_equal(property);
  if (!ids) return std::nullopt;
  std::vector<PagePlace> places;
  for (const std::string& id : *ids) places.push_back({"", id});
  return places;
}

// Rows by what they must be called; null if the query does not say.
Source by_need(const GraphCall& call, const ListQuery& query, std::span<const PropertyRule> rules) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string_view name = rules[i].name;
    if (name == "id") {
      if (auto places = needed_ids(query, i)) {
        return std::make_shared<ListedCandidates<User>>(std::move(*places), loader(call));
      }
    }
    const bool is_upn = name == "userPrincipalName";
    if (!is_upn && !is_indexed(name)) continue;
    const auto prefix = needed_prefix(query, i);
    if (!prefix) continue;
    if (is_upn) return by_name(call, ValueRange::starting_with(*prefix));
    return by_index(call, name, ValueRange::starting_with(index_value(*prefix)));
  }
  const auto display_name = find_property(rules, "displayName");
  if (query.search && display_name) {
    if (const auto word = query.search->required_token_prefix(*display_name)) {
      return by_index(call, "displayName:word", ValueRange::starting_with(index_value(*word)));
    }
  }
  return nullptr;
}

// An index in the order asked for; null if there is none.
Source in_order(const GraphCall& call, const ListOrder& order,
                std::span<const PropertyRule> rules) {
  const std::string_view name = rules[order.property].name;
  if (name == "userPrincipalName") return by_name(call, ValueRange::all(order.descending));
  if (name == "displayName") return by_index(call, name, ValueRange::all(order.descending));
  return nullptr;
}

}  // namespace

const EntityKind<UserView>& user_kind() {
  static const EntityKind<UserView> kind{"user", "users", [] {
                                           std::vector<P> all = own_properties();
                                           for (P& p : stored_rules()) all.push_back(p);
                                           for (P& p : absent_properties()) all.push_back(p);
                                           return all;
                                         }()};
  return kind;
}

bool is_limited_to_basics(const GraphCall& call) {
  const std::string_view all = acts_alone(call.caller) ? kReadUsersAlone : kReadUsers;
  return !call.is_about_caller && !has_permission(call.caller, all);
}

const EntityKind<UserView>& shown_user_kind(const GraphCall& call) {
  static const EntityKind<UserView> basics{"user", "users", basic_properties()};
  return is_limited_to_basics(call) ? basics : user_kind();
}

UserView user_view(const GraphCall& call, User user) {
  UserView view;
  const std::array<Key, 1> keys{key_of(user.id)};
  view.sign_in_sessions_valid_from =
      std::max(user.created_at, last_reauth_at(call.context.live().states(keys).front()));
  view.stored = parse_stored(user.properties);
  view.user = std::move(user);
  return view;
}

Result<std::optional<User>> find_graph_user(ReadTx& tx, const TenantId& tenant_id,
                                            std::string_view name) {
  const std::string key = ascii_lower(name);
  CURFEW_TRY(std::optional<User> by_id, load<User>(tx, tenant_id, UserId{key}));
  if (by_id || key.find('@') == std::string::npos) return by_id;
  Query query;
  query.index = "users_by_upn";
  query.prefix = keys_of(tenant_id, key);
  query.limit = 1;
  CURFEW_TRY(std::vector<User> named, scan_as<User>(tx, query));
  return named.empty() ? std::optional<User>{} : std::optional{std::move(named.front())};
}

GraphResult<User> user_of(const GraphCall& call) {
  auto user = read_value<std::optional<User>>(call.context.store, [&](ReadTx& tx) {
    return find_graph_user(tx, call.tenant_id(), call.key("user"));
  });
  if (!user.ok()) return user.error();
  if (!*user) return GraphError::not_found(call.key("user"));
  return std::move(**user);
}

GraphResult<Listing<User, UserView>> list_of_users(const GraphCall& call) {
  const EntityKind<UserView>& kind = shown_user_kind(call);
  Listing<User, UserView> listing{kind, nullptr, &user_view};
  CURFEW_TRY(const ListQuery query, bind_query(call, kind.rules()));
  CURFEW_TRY(const std::optional<ListOrder> order, bind_order(call, kind.rules(), kind.type()));
  listing.candidates = by_need(call, query, kind.rules());
  listing.is_ordered = !order;
  if (listing.candidates == nullptr && order) {
    listing.candidates = in_order(call, *order, kind.rules());
    listing.is_ordered = listing.candidates != nullptr;
  }
  if (listing.candidates == nullptr) {
    listing.candidates = std::make_shared<TableCandidates<User>>(call.tenant_id());
  }
  listing.count_all = [tenant = call.tenant_id()](ReadTx& tx) {
    Query everybody;
    everybody.table = &table_of<User>();
    everybody.prefix = keys_of(tenant);
    return tx.count(everybody);
  };
  return listing;
}

Listing<User, UserView> list_of_users(const GraphCall& call, std::vector<UserId> ids) {
  std::vector<PagePlace> places;
  for (const UserId& id : ids) places.push_back({"", id.str()});
  Listing<User, UserView> listing{user_kind(), nullptr, &user_view};
  listing.candidates = std::make_shared<ListedCandidates<User>>(std::move(places), loader(call));
  return listing;
}

}  // namespace curfew
