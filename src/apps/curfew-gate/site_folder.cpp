#include "apps/curfew-gate/site_folder.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "apps/toml/toml.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "gate/session/session_limits.hpp"
#include "io/file.hpp"

namespace curfew {

namespace {

constexpr std::size_t kSitesFileBytesMax = 256UL * 1024;
constexpr std::size_t kKeyFileBytesMax = 4096;
constexpr mode_t kPrivate = 0600;

// A refusal at a line of the file.
class Place {
 public:
  explicit Place(const std::string& name) : name_(name) {}
  [[nodiscard]] Error refuse(const toml::node& node, const std::string& what) const {
    return Error::permanent(ErrorCode::invalid_argument,
                            name_ + ":" + std::to_string(node.source().begin.line) + ": " + what);
  }

 private:
  const std::string& name_;
};

std::optional<std::vector<std::string>> texts_of(const toml::node& node) {
  const toml::array* const array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  for (const toml::node& one : *array) {
    const auto text = one.value_exact<std::string>();
    if (!text) return std::nullopt;
    texts.push_back(*text);
  }
  return texts;
}

struct Member {
  std::string_view name;
  std::string SiteSettings::* text = nullptr;
  std::vector<std::string> SiteSettings::* texts = nullptr;
};
constexpr Member kMembers[] = {
    {"name", &SiteSettings::name},
    {"url", &SiteSettings::url},
    {"client_id", &SiteSettings::client_id},
    {"audience", &SiteSettings::audience},
    {"scopes", nullptr, &SiteSettings::scopes},
    {"required_scopes", nullptr, &SiteSettings::required_scopes},
    {"required_roles", nullptr, &SiteSettings::required_roles},
};

Status read_member(const Place& place, std::string_view name, const toml::node& node,
                   SiteSettings& settings) {
  const auto* const member = std::ranges::find(kMembers, name, &Member::name);
  if (member == std::end(kMembers)) {
    return place.refuse(node, escape_for_display(name) +
                                  " is nothing that a site has: name, url, client_id, audience, "
                                  "scopes, required_scopes, required_roles");
  }
  if (member->text != nullptr) {
    const auto text = node.value_exact<std::string>();
    if (!text) return place.refuse(node, std::string{name} + " must be a text in quotes");
    settings.*member->text = *text;
    return Done{};
  }
  const auto texts = texts_of(node);
  if (!texts) return place.refuse(node, std::string{name} + " must be a list of texts in quotes");
  settings.*member->texts = *texts;
  return Done{};
}

Result<SiteSettings> read_site(const Place& place, const toml::table& table) {
  SiteSettings settings;
  for (const auto& [name, node] : table) {
    CURFEW_TRY_STATUS(read_member(place, name.str(), node, settings));
  }
  const Status checked = check_site(settings);
  if (checked.ok()) return settings;
  // At the member that the message begins with, where it is there.
  const std::string_view member =
      std::string_view{checked.error().message()}.substr(0, checked.error().message().find(' '));
  const toml::node* const node = table.get(member);
  return place.refuse(node == nullptr ? table : *node, checked.error().message());
}

std::string toml_of(const SiteSettings& settings) {
  std::string text = "\n[[site]]\n";
  for (const Member& member : kMembers) {
    if (member.text == nullptr) continue;
    text += std::string{member.name} + " = \"" + settings.*member.text + "\"\n";
  }
  return text;
}

Result<std::string> read_or_empty(const std::string& path, std::size_t bytes_max) {
  auto text = read_file(path, bytes_max);
  if (text.ok() || text.error().code() != ErrorCode::not_found) return text;
  return std::string{};
}

bool is_same_site(const SiteSettings& a, const SiteSettings& b) {
  return a.name == b.name || ascii_iequals(a.url, b.url);
}

}  // namespace

Result<std::vector<SiteSettings>> parse_sites(std::string_view text, const std::string& name) {
  CURFEW_TRY(const toml::table root, parse_toml(text, name));
  const Place place{name};
  std::vector<SiteSettings> sites;
  for (const auto& [key, node] : root) {
    const toml::array* const tables = node.as_array();
    const bool are_sites =
        key.str() == "site" && tables != nullptr &&
        std::ranges::all_of(*tables, [](const toml::node& one) { return one.is_table(); });
    if (!are_sites) {
      return place.refuse(node, "there can be nothing but [[site]] tables in this file");
    }
    for (const toml::node& one : *tables) {
      CURFEW_TRY(SiteSettings settings, read_site(place, *one.as_table()));
      const bool is_there = std::ranges::any_of(
          sites, [&](const SiteSettings& other) { return is_same_site(settings, other); });
      if (is_there) return place.refuse(one, "a site of that name or url is there already");
      if (sites.size() == session_limits::kSitesMax) {
        return place.refuse(
            one, "there are more than " + std::to_string(session_limits::kSitesMax) + " sites");
      }
      sites.push_back(std::move(settings));
    }
  }
  return sites;
}

Result<std::vector<SiteSettings>> SiteFolder::settings() const {
  CURFEW_TRY(const std::string text, read_or_empty(file("sites.toml"), kSitesFileBytesMax));
  return parse_sites(text, file("sites.toml"));
}

Result<GateKey> SiteFolder::key(const std::string& name) const {
  const std::string path = file("site-" + name + ".pem");
  CURFEW_TRY(const std::string pem, read_file(path, kKeyFileBytesMax));
  auto key = key_of_pem(pem);
  if (key) return *std::move(key);
  return Error{ErrorCode::corrupted, Retry::after_human,
               path +
                   " is not the private key that this program wrote; restore it, or remove the "
                   "site and add it again"};
}

Result<CookieKeys> SiteFolder::cookie_keys(const std::string& name) const {
  const std::string path = file("site-" + name + ".cookie-keys");
  CURFEW_TRY(const std::string text, read_file(path, kKeyFileBytesMax));
  auto made = CookieKeys::parse(text);
  if (made.ok()) return made;
  return Error{ErrorCode::corrupted, Retry::after_human, path + ": " + made.error().message()};
}

Result<std::vector<Site>> SiteFolder::sites() const {
  CURFEW_TRY(const auto all, settings());
  std::vector<Site> sites;
  for (const SiteSettings& settings : all) {
    CURFEW_TRY(GateKey key, this->key(settings.name));
    CURFEW_TRY(CookieKeys cookies, cookie_keys(settings.name));
    CURFEW_TRY(Site site,
               make_site(settings, JwtSigner{std::move(key.key), key.kid}, std::move(cookies)));
    sites.push_back(std::move(site));
  }
  return sites;
}

Result<GateKey> SiteFolder::add(const SiteSettings& settings) const {
  CURFEW_TRY_STATUS(check_site(settings));
  CURFEW_TRY(const auto there, this->settings());
  for (const SiteSettings& other : there) {
    if (!is_same_site(settings, other)) continue;
    return Error{ErrorCode::conflict, Retry::after_human,
                 "the site " + other.name + " (" + other.url + ") is in " + file("sites.toml") +
                     " already; `curfew-gate site show " + other.name + "` prints its key"};
  }
  const std::string key_file = file("site-" + settings.name + ".pem");
  CURFEW_TRY(const std::string waiting, read_or_empty(key_file, kKeyFileBytesMax));
  auto kept = key_of_pem(waiting);
  if (!kept) {
    CURFEW_TRY(kept, new_key());
    CURFEW_TRY_STATUS(write_file_atomic(key_file, pem_of(*kept), kPrivate));
  }
  const std::string cookie_key = base64url_encode(random_secret(kSealKeyBytes).reveal());
  CURFEW_TRY_STATUS(write_file_atomic(file("site-" + settings.name + ".cookie-keys"),
                                      cookie_key + "\n", kPrivate));
  CURFEW_TRY(const std::string text, read_or_empty(file("sites.toml"), kSitesFileBytesMax));
  CURFEW_TRY_STATUS(write_file_atomic(file("sites.toml"), text + toml_of(settings), kPrivate));
  return *std::move(kept);
}

}  // namespace curfew
