#include <boost/json.hpp>

#include "api/graph/entity.hpp"
#include "api/graph/graph_operations.hpp"
#include "base/text.hpp"
#include "store/schema.hpp"

// /organization, /domains and /subscribedSkus: the tenant itself, which portals and modules ask for
// before anything else.

namespace curfew {

namespace {

constexpr std::string_view kReadOrganizations =
    "Organization.Read.All Directory.Read.All Directory.ReadWrite.All";
// Who signs in may see where they signed in to.
constexpr NeededPermissions kReadsOrganization{
    "User.Read User.ReadBasic.All User.Read.All Organization.Read.All Directory.Read.All "
    "Directory.ReadWrite.All Directory.AccessAsUser.All",
    kReadOrganizations, ""};
constexpr NeededPermissions kReadsDomains{
    "Domain.Read.All Directory.Read.All Directory.ReadWrite.All Directory.AccessAsUser.All",
    "Domain.Read.All Directory.Read.All Directory.ReadWrite.All", ""};
constexpr NeededPermissions kReadsLicences{
    "Organization.Read.All Directory.Read.All Directory.ReadWrite.All "
    "Directory.AccessAsUser.All",
    kReadOrganizations, ""};

struct DomainView {
  std::string name;
  bool is_default = false;
};

GraphResult<Tenant> tenant_of(const GraphCall& call) {
  auto found = read_value<Tenant>(call.context.store, [&](ReadTx& tx) {
    return require<Tenant>(tx, "such tenant", call.tenant_id());
  });
  if (!found.ok()) return found.error();
  return std::move(found).value();
}

boost::json::array verified_domains(const Tenant& tenant) {
  boost::json::array shown;
  for (const std::string& name : tenant.domains) {
    const bool is_first = name == tenant.domains.front();
    shown.push_back(boost::json::object{{"capabilities", ""},
                                        {"isDefault", is_first},
                                        {"isInitial", is_first},
                                        {"name", name},
                                        {"type", "Managed"}});
  }
  return shown;
}

// What of it was selected; everything where nothing was.
GraphResult<boost::json::object> selected(const GraphCall& call, boost::json::object whole,
                                          std::string_view type) {
  if (call.options.select.empty()) return whole;
  boost::json::object chosen;
  for (const std::string& name : call.options.select) {
    bool is_known = name == "*";
    for (const auto& member : whole) {
      if (name != "*" && !ascii_iequals(member.key(), name)) continue;
      chosen[member.key()] = member.value();
      is_known = true;
    }
    if (!is_known) return unknown_property(name, type);
  }
  return chosen;
}

boost::json::object show_tenant(const Tenant& tenant) {
  boost::json::object shown{{"id", tenant.id.str()},
                            {"deletedDateTime", nullptr},
                            {"displayName", tenant.display_name},
                            {"createdDateTime", graph_time(tenant.created_at)},
                            {"verifiedDomains", verified_domains(tenant)},
                            {"tenantType", "AAD"},
                            {"onPremisesSyncEnabled", nullptr},
                            {"onPremisesLastSyncDateTime", nullptr}};
  for (const char* const name :
       {"city", "country", "countryLetterCode", "defaultUsageLocation", "partnerTenantType",
        "postalCode", "preferredLanguage", "privacyProfile", "state", "street"}) {
    shown[name] = nullptr;
  }
  for (const char* const name :
       {"assignedPlans", "businessPhones", "marketingNotificationEmails", "provisionedPlans",
        "securityComplianceNotificationMails", "securityComplianceNotificationPhones",
        "technicalNotificationMails"}) {
    shown[name] = boost::json::array{};
  }
  return shown;
}

boost::json::object show_domain(const DomainView& domain) {
  return {{"id", domain.name},
          {"authenticationType", "Managed"},
          {"availabilityStatus", nullptr},
          {"isAdminManaged", true},
          {"isDefault", domain.is_default},
          {"isInitial", domain.is_default},
          {"isRoot", true},
          {"isVerified", true},
          {"model", nullptr},
          {"passwordNotificationWindowInDays", nullptr},
          {"passwordValidityPeriodInDays", nullptr},
          {"state", nullptr},
          {"supportedServices", boost::json::array{}}};
}

GraphAnswer one(const GraphCall& call, std::string_view set, boost::json::object shown) {
  boost::json::object body{{"@odata.context", call.context_url(std::string{set} + "/$entity")}};
  for (auto& member : shown) body[member.key()] = std::move(member.value());
  return GraphAnswer::json(std::move(body));
}

GraphAnswer several(const GraphCall& call, std::string_view set, boost::json::array value) {
  return GraphAnswer::json(
      boost::json::object{{"@odata.context", call.context_url(set)}, {"value", std::move(value)}});
}

Task<GraphOutcome> list_organization(const GraphCall& call) {
  CURFEW_CO_TRY(const Tenant tenant, tenant_of(call));
  CURFEW_CO_TRY(boost::json::object shown, selected(call, show_tenant(tenant), "organization"));
  boost::json::array value;
  value.push_back(std::move(shown));
  co_return several(call, "organization", std::move(value));
}

Task<GraphOutcome> show_organization(const GraphCall& call) {
  CURFEW_CO_TRY(const Tenant tenant, tenant_of(call));
  if (!ascii_iequals(call.key("organization"), tenant.id.str())) {
    co_return GraphError::not_found(call.key("organization"));
  }
  CURFEW_CO_TRY(boost::json::object shown, selected(call, show_tenant(tenant), "organization"));
  co_return one(call, "organization", std::move(shown));
}

Task<GraphOutcome> list_domains(const GraphCall& call) {
  CURFEW_CO_TRY(const Tenant tenant, tenant_of(call));
  boost::json::array value;
  for (const std::string& name : tenant.domains) {
    CURFEW_CO_TRY(boost::json::object shown,
                  selected(call, show_domain({name, name == tenant.domains.front()}), "domain"));
    value.push_back(std::move(shown));
  }
  co_return several(call, "domains", std::move(value));
}

Task<GraphOutcome> show_domain_by_name(const GraphCall& call) {
  CURFEW_CO_TRY(const Tenant tenant, tenant_of(call));
  for (const std::string& name : tenant.domains) {
    if (!ascii_iequals(call.key("domain"), name)) continue;
    CURFEW_CO_TRY(boost::json::object shown,
                  selected(call, show_domain({name, name == tenant.domains.front()}), "domain"));
    co_return one(call, "domains", std::move(shown));
  }
  co_return GraphError::not_found(call.key("domain"));
}

// Nothing here is licensed.
Task<GraphOutcome> list_no_licences(const GraphCall& call) {
  co_return several(call, "subscribedSkus", {});
}

GraphOperation reading(std::string_view name, std::string_view path, GraphBody run,
                       const NeededPermissions& permissions) {
  return {.name = name,
          .path = path,
          .permissions = permissions,
          .run = run,
          .options = kSelectOption | kTopOption,
          .right = std::nullopt};
}

}  // namespace

std::vector<GraphOperation> organization_operations() {
  return {
      reading("list_organization", "/organization", &list_organization, kReadsOrganization),
      reading("show_organization", "/organization/{organization}", &show_organization,
              kReadsOrganization),
      reading("list_domains", "/domains", &list_domains, kReadsDomains),
      reading("show_domain", "/domains/{domain}", &show_domain_by_name, kReadsDomains),
      reading("list_subscribed_skus", "/subscribedSkus", &list_no_licences, kReadsLicences),
  };
}

}  // namespace curfew
