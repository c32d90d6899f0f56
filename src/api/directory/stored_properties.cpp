#include "api/directory/stored_properties.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "protocol/json/json.hpp"

namespace curfew {

namespace {

using enum StoredType;

constexpr std::size_t kTextsMax = 50;  // of one property
constexpr std::size_t kObjectBytesMax = 4096;

constexpr std::array kUserProperties{
    StoredProperty{"ageGroup"},
    StoredProperty{"businessPhones", texts, 64},
    StoredProperty{"city", text, 128},
    StoredProperty{"companyName", text, 64},
    StoredProperty{"consentProvidedForMinor"},
    StoredProperty{"country", text, 128},
    StoredProperty{"department", text, 64},
    StoredProperty{"employeeHireDate", date_time},
    StoredProperty{"employeeId", text, 16},
    StoredProperty{"employeeLeaveDateTime", date_time},
    StoredProperty{"employeeType", text},
    StoredProperty{"faxNumber", text, 64},
    StoredProperty{"givenName", text, 64},
    StoredProperty{"jobTitle", text, 128},
    StoredProperty{"mailNickname", text, 64},
    StoredProperty{"mobilePhone", text, 64},
    StoredProperty{"officeLocation", text, 128},
    StoredProperty{"onPremisesImmutableId"},
    StoredProperty{"otherMails", texts, 250},
    StoredProperty{"passwordPolicies"},
    StoredProperty{"postalCode", text, 40},
    StoredProperty{"preferredLanguage"},
    StoredProperty{"showInAddressList", boolean},
    StoredProperty{"state", text, 128},
    StoredProperty{"streetAddress", text, 1024},
    StoredProperty{"surname", text, 64},
    StoredProperty{"usageLocation", text, 2},
};

constexpr std::array kGroupProperties{
    StoredProperty{"classification"},
    StoredProperty{"description", text, 1024},
    StoredProperty{"groupTypes", texts, 64},
    StoredProperty{"mailEnabled", boolean},
    StoredProperty{"mailNickname", text, 64},
    StoredProperty{"preferredLanguage"},
    StoredProperty{"securityEnabled", boolean},
    StoredProperty{"theme"},
    StoredProperty{"visibility"},
};

constexpr std::array kDeviceProperties{
    StoredProperty{"deviceCategory"},
    StoredProperty{"deviceOwnership"},
    StoredProperty{"extensionAttributes", object},
    StoredProperty{"isCompliant", boolean},
    StoredProperty{"isManaged", boolean},
    StoredProperty{"manufacturer"},
    StoredProperty{"model"},
    StoredProperty{"operatingSystemVersion"},
    StoredProperty{"profileType"},
};

Error wrong(const StoredProperty& property, std::string_view wanted) {
  return Error::permanent(ErrorCode::invalid_argument,
                          "Invalid value specified for property '" + std::string{property.name} +
                              "': it must be " + std::string{wanted} + ".");
}

bool fits(const boost::json::value& value, const StoredProperty& property) {
  const auto* const found = value.if_string();
  return found != nullptr && found->size() <= property.bytes_max;
}

std::string within(const StoredProperty& property) {
  return "of at most " + std::to_string(property.bytes_max) + " bytes";
}

Status check(const StoredProperty& property, const boost::json::value& value) {
  switch (property.type) {
    case text:
      if (fits(value, property)) return Done{};
      return wrong(property, "a text " + within(property));
    case texts: {
      const auto* const array = value.if_array();
      const bool fit =
          array != nullptr && array->size() <= kTextsMax &&
          std::ranges::all_of(*array, [&](const auto& v) { return fits(v, property); });
      if (fit) return Done{};
      return wrong(property, "an array of at most " + std::to_string(kTextsMax) + " texts, each " +
                                 within(property));
    }
    case boolean:
      if (value.is_bool()) return Done{};
      return wrong(property, "true or false");
    case date_time: {
      const auto* const found = value.if_string();
      if (found != nullptr && parse_rfc3339(std::string_view{*found})) return Done{};
      return wrong(property, "a time such as 2026-11-29T10:00:00Z");
    }
    case object:
      if (value.is_object() && serialize_json(value).size() <= kObjectBytesMax) return Done{};
      return wrong(property, "an object of at most " + std::to_string(kObjectBytesMax) + " bytes");
  }
  return Done{};
}

}  // namespace

std::span<const StoredProperty> stored_user_properties() { return kUserProperties; }
std::span<const StoredProperty> stored_group_properties() { return kGroupProperties; }
std::span<const StoredProperty> stored_device_properties() { return kDeviceProperties; }

const StoredProperty* find_stored(std::span<const StoredProperty> properties,
                                  std::string_view name) {
  const auto found = std::ranges::find_if(
      properties, [&](const StoredProperty& known) { return ascii_iequals(known.name, name); });
  return found == properties.end() ? nullptr : &*found;
}

std::string graph_time(TimePoint at) {
  constexpr std::size_t kToSeconds = 19;  // 2026-11-29T10:00:00
  return to_rfc3339(at).substr(0, kToSeconds) + "Z";
}

boost::json::object parse_stored(const std::string& column) {
  auto parsed = parse_json_object(column);
  return parsed.ok() ? std::move(parsed).value() : boost::json::object{};
}

Status set_stored(boost::json::object& stored, const StoredProperty& property,
                  const boost::json::value& value) {
  if (value.is_null()) {
    stored.erase(property.name);
    return Done{};
  }
  CURFEW_TRY_STATUS(check(property, value));
  stored[property.name] = value;
  return Done{};
}

}  // namespace curfew
