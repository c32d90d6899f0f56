#include "api/directory/changed_properties.hpp"

#include <boost/json.hpp>
#include <string_view>

#include "api/directory/account_risk.hpp"
#include "api/directory/stored_properties.hpp"
#include "model/changed_property.hpp"

namespace curfew {

namespace {

// Collects names in the order in which they are asked about.
class Names {
 public:
  Names& add(bool is_changed, std::string_view name, std::string_view value = {}) {
    if (is_changed) append_changed_property(text_, {name, value});
    return *this;
  }

  Names& add_stored(const std::string& before, const std::string& after) {
    const boost::json::object was = parse_stored(before);
    const boost::json::object is = parse_stored(after);
    for (const auto& member : is)
      add_member(member.key(), was.if_contains(member.key()), &member.value());
    for (const auto& member : was) {
      if (!is.contains(member.key())) add_member(member.key(), &member.value(), nullptr);
    }
    return *this;
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void add_member(std::string_view name, const boost::json::value* was,
                  const boost::json::value* is) {
    if (was != nullptr && is != nullptr && *was == *is) return;
    if (name != kRiskProperty) {
      add(true, name);
      return;
    }
    const auto* risk = is == nullptr ? nullptr : is->if_object();
    const auto* state = risk == nullptr ? nullptr : risk->if_contains("riskState");
    const auto* text = state == nullptr ? nullptr : state->if_string();
    add(true, "riskState", text == nullptr ? std::string_view{} : std::string_view{*text});
  }

  std::string text_;
};

}  // namespace

std::string changed_properties(const User& before, const User& after) {
  return Names{}
      .add(before.break_glass != after.break_glass, "breakGlass",
           after.break_glass ? "true" : "false")
      .add(before.user_principal_name != after.user_principal_name, "userPrincipalName")
      .add(before.display_name != after.display_name, "displayName")
      .add(before.mail != after.mail, "mail")
      .add(before.user_type != after.user_type, "userType")
      .add(before.force_change_password != after.force_change_password,
           "forceChangePasswordNextSignIn")
      .add_stored(before.properties, after.properties)
      .text();
}

std::string changed_properties(const Device& before, const Device& after) {
  return Names{}
      .add(before.display_name != after.display_name, "displayName")
      .add(before.operating_system != after.operating_system, "operatingSystem")
      .add_stored(before.properties, after.properties)
      .text();
}

std::string changed_properties(const Group& before, const Group& after) {
  return Names{}
      .add(before.display_name != after.display_name, "displayName")
      .add_stored(before.properties, after.properties)
      .text();
}

}  // namespace curfew
