#include "api/sign_in/new_password.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "base/text.hpp"
#include "crypto/password_hash.hpp"

namespace curfew {

namespace {

constexpr std::size_t kDifferentCharactersMin = 5;
constexpr std::size_t kNamePartMin = 4;  // shorter ones are in too many good passwords

// The stems that long weak passwords are made of.
constexpr std::array<std::string_view, 10> kCommonStems{
    "password", "passwort", "qwertyui", "qwertzui", "12345678",
    "87654321", "abcdefgh", "letmein",  "welcome",  "administrator"};

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// What is left of the password without this part is what counts.
bool is_mostly(std::string_view password, std::string_view part) {
  return part.size() >= kNamePartMin && password.find(part) != std::string_view::npos &&
         password.size() < part.size() + kPasswordCharactersMin / 2;
}

bool is_common(std::string_view password) {
  return std::ranges::any_of(kCommonStems,
                             [&](std::string_view stem) { return is_mostly(password, stem); });
}

bool is_made_of_name(std::string_view password, const User& user) {
  const std::string upn = ascii_lower(user.user_principal_name);
  if (password.find(upn) != std::string_view::npos) return true;
  const std::size_t at = upn.find('@');
  if (is_mostly(password, std::string_view{upn}.substr(0, at))) return true;
  const std::string name = ascii_lower(user.display_name);
  return std::ranges::any_of(split_words(name),
                             [&](const std::string& word) { return is_mostly(password, word); });
}

}  // namespace

std::string_view password_problem(std::string_view password, const User& user) {
  if (character_count(password) < kPasswordCharactersMin) {
    return "Choose a password of at least 12 characters.";
  }
  if (password.size() > kPasswordBytesMax) return "Choose a shorter password.";
  const std::string lower = ascii_lower(password);
  if (std::set<char>(lower.begin(), lower.end()).size() < kDifferentCharactersMin) {
    return "Choose a password with more different characters.";
  }
  if (is_common(lower)) return "Choose a password that others would not think of.";
  if (is_made_of_name(lower, user)) return "Choose a password that is not made of your name.";
  return {};
}

Status check_given_password(std::string_view password, const User& user) {
  const std::string_view problem = password_problem(password, user);
  if (problem.empty()) return Done{};
  return Error::permanent(ErrorCode::invalid_argument,
                          "The specified password does not comply with password complexity "
                          "requirements: " +
                              std::string{problem});
}

Result<std::string> hash_new_password(const Secret& password, const std::string& old_hash) {
  CURFEW_TRY(const bool same, verify_password(password, old_hash));
  if (same) return Error::permanent(ErrorCode::conflict, "the new password is the old one");
  return hash_password(password);
}

}  // namespace curfew
