#include "api/graph/device_entity.hpp"

#include <boost/json.hpp>

#include "api/directory/stored_properties.hpp"
#include "api/graph/stored_reader.hpp"
#include "base/text.hpp"

namespace curfew {

namespace {

using namespace operators;
using P = EntityProperty<DeviceView>;
using View = DeviceView;

constexpr Operators kText = kEquality | kGeLe | kStartsWith;
constexpr Operators kTextAdvanced = kNegations | kNull;

P stored_text(std::string_view name) {
  return {{name, PropertyType::string, kText, kTextAdvanced}, true, &stored_value<View>};
}
P absent(std::string_view name) { return {{name}, true, nullptr, &null_value<View>}; }
P absent_list(std::string_view name) { return {{name}, true, nullptr, &empty_list<View>}; }

// Graph's words: a joined device is AzureAd's, a registered one Workplace's.
std::string_view trust_word(TrustType type) {
  return type == TrustType::joined ? "AzureAd" : "Workplace";
}

boost::json::value show_extension_attributes(const View& view) {
  const auto* value = view.stored.if_contains("extensionAttributes");
  return value == nullptr ? boost::json::value(nullptr) : *value;
}

std::vector<P> device_properties() {
  return {
      {{"id", PropertyType::guid, kEquality, kNegations},
       true,
       [](const View& v, std::string_view) {
         return PropertyValue{std::string_view{v.device.object_id}};
       }},
      {{"deviceId", PropertyType::string, kEquality | kStartsWith, kNegations},
       true,
       [](const View& v, std::string_view) {
         return PropertyValue{std::string_view{v.device.id.str()}};
       }},
      {{"displayName", PropertyType::string, kText, kTextAdvanced, SearchKind::tokens},
       true,
       [](const View& v, std::string_view) {
         return PropertyValue{std::string_view{v.device.display_name}};
       }},
      {{"accountEnabled", PropertyType::boolean, kEquality, kNegations},
       true,
       [](const View& v, std::string_view) { return PropertyValue{v.device.account_enabled}; }},
      {{"operatingSystem", PropertyType::string, kText, kTextAdvanced},
       true,
       [](const View& v, std::string_view) {
         return PropertyValue{std::string_view{v.device.operating_system}};
       }},
      {{"trustType", PropertyType::string},
       true,
       [](const View& v, std::string_view) {
         return PropertyValue{trust_word(v.device.trust_type)};
       }},
      {{"registrationDateTime", PropertyType::date_time},
       true,
       [](const View& v, std::string_view) { return PropertyValue{v.device.registered_at}; }},
      {{"approximateLastSignInDateTime", PropertyType::date_time, kEquality | kGeLe, kNegations},
       true,
       [](const View& v, std::string_view) {
         const auto& at = v.device.approximate_last_sign_in_at;
         return at ? PropertyValue{*at} : PropertyValue{};
       }},
      {{"isCompliant", PropertyType::boolean, kEquality, kNegations}, true, &stored_value<View>},
      {{"isManaged", PropertyType::boolean, kEquality, kNegations}, true, &stored_value<View>},
      stored_text("operatingSystemVersion"),
      stored_text("deviceCategory"),
      stored_text("deviceOwnership"),
      stored_text("manufacturer"),
      stored_text("model"),
      stored_text("profileType"),
      {{"extensionAttributes"}, true, nullptr, &show_extension_attributes},
      absent("complianceExpirationDateTime"),
      absent("deletedDateTime"),
      absent("deviceMetadata"),
      absent("deviceVersion"),
      absent("enrollmentProfileName"),
      absent("enrollmentType"),
      absent("isRooted"),
      absent("managementType"),
      absent("mdmAppId"),
      absent("onPremisesLastSyncDateTime"),
      {{"onPremisesSyncEnabled", PropertyType::boolean, kEquality, kNegations | kNull},
       true,
       &no_value<View>},
      absent_list("alternativeSecurityIds"),
      absent_list("physicalIds"),
      absent_list("systemLabels"),
      {{"onPremisesSecurityIdentifier"}, false, nullptr, &null_value<View>},
  };
}

}  // namespace

const EntityKind<DeviceView>& device_kind() {
  static const EntityKind<DeviceView> kind{"device", "devices", device_properties()};
  return kind;
}

DeviceView device_view(const GraphCall& /*call*/, Device device) {
  DeviceView view;
  view.stored = parse_stored(device.properties);
  view.device = std::move(device);
  return view;
}

Result<std::optional<Device>> find_graph_device(ReadTx& tx, const TenantId& tenant_id,
                                                std::string_view object_id) {
  Query query;
  query.index = "devices_by_object_id";
  query.prefix = keys_of(tenant_id, ascii_lower(object_id));
  query.limit = 1;
  CURFEW_TRY(std::vector<Device> found, scan_as<Device>(tx, query));
  return found.empty() || object_id.empty() ? std::optional<Device>{}
                                            : std::optional{std::move(found.front())};
}

GraphResult<Device> device_of(const GraphCall& call) {
  const bool by_registration = call.keys.contains("deviceId");
  const std::string_view key = call.key(by_registration ? "deviceId" : "device");
  auto device = read_value<std::optional<Device>>(call.context.store, [&](ReadTx& tx) {
    return by_registration ? load<Device>(tx, call.tenant_id(), DeviceId{ascii_lower(key)})
                           : find_graph_device(tx, call.tenant_id(), key);
  });
  if (!device.ok()) return device.error();
  if (!*device) return GraphError::not_found(key);
  return std::move(**device);
}

Listing<Device, DeviceView> list_of_devices(const GraphCall& call) {
  Listing<Device, DeviceView> listing{device_kind(), nullptr, &device_view};
  listing.candidates = std::make_shared<TableCandidates<Device>>(call.tenant_id());
  listing.is_ordered = call.options.order_by.empty();
  listing.count_all = [tenant = call.tenant_id()](ReadTx& tx) {
    Query all;
    all.table = &table_of<Device>();
    all.prefix = keys_of(tenant);
    return tx.count(all);
  };
  return listing;
}

Result<std::vector<Device>> devices_of(ReadTx& tx, const TenantId& tenant_id, const UserId& owner) {
  Query query;
  query.index = "devices_by_owner";
  query.prefix = keys_of(tenant_id, owner);  // no limit: kFactsObjectsMax at the most
  return scan_as<Device>(tx, query);
}

Listing<Device, DeviceView> list_of_devices(const GraphCall& call,
                                            const std::vector<Device>& devices) {
  std::vector<PagePlace> places;
  for (const Device& device : devices) places.push_back({"", device.id.str()});
  Listing<Device, DeviceView> listing{device_kind(), nullptr, &device_view};
  listing.candidates = std::make_shared<ListedCandidates<Device>>(
      std::move(places), [tenant = call.tenant_id()](ReadTx& tx, const PagePlace& place) {
        return load<Device>(tx, tenant, DeviceId{place.id});
      });
  listing.is_ordered = call.options.order_by.empty();
  return listing;
}

}  // namespace curfew
