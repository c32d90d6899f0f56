#include "api/gate_feed/gates_at.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace curfew {

namespace {

constexpr std::size_t kNamesMax = 10;

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string{count == 1 ? one : many};
}

// A few of them, and how many more there are.
std::string listed(std::vector<std::string> names) {
  const std::size_t count = names.size();
  if (count > kNamesMax) {
    names.resize(kNamesMax);
    names.push_back(std::to_string(count - kNamesMax) + " more");
  }
  return join(names, ", ");
}

// Behind what is proved: what is not.
std::string words_of_uncut(const GatesAt& at) {
  std::string words;
  if (!at.asked_once.empty()) {
    words +=
        "; not proved is the end of requests that a web server asked about (forward-auth) and "
        "was told to let in before: it may finish them (" +
        listed(at.asked_once) + ")";
  }
  if (!at.not_heard.empty()) {
    words +=
        "; whether web servers ask about requests (forward-auth), and still finish some, was "
        "not said by every process, or not since the server's start (" +
        listed(at.not_heard) + ")";
  }
  return words;
}

// What is proved, of one gate at least.
std::string words_of_proved(const GatesAt& at) {
  std::string words = counted(at.gates, "gate", "gates") + " at " + to_string(at.position) + ": " +
                      std::to_string(at.acknowledged) + " acknowledged";
  if (!at.ran_out.empty()) {
    words += ", " + counted(at.ran_out.size(), "has", "have") + " no lease of before any more (" +
             listed(at.ran_out) + ")";
  }
  if (at.open.empty()) return words;
  std::vector<std::string> names;
  for (const OpenGate& gate : at.open) names.push_back(gate.name);
  return words + ", " + counted(at.open.size(), "goes", "go") +
         " on without a lease until the tokens end (" + listed(names) + ")";
}

}  // namespace

bool GatesAt::is_complete() const { return open.empty() && !unknown_until; }

bool GatesAt::is_all_that_leases_can_do() const {
  return !unknown_until &&
         std::ranges::none_of(open, [](const OpenGate& gate) { return gate.until.has_value(); });
}

std::string words_of(const GatesAt& at) {
  if (at.gates == 0) return "no gate is left, and none has a lease of before any more";
  return words_of_proved(at) + words_of_uncut(at);
}

std::string words_of_open(const GatesAt& at, Duration boot_now, TimePoint now) {
  std::vector<std::string> names;
  for (const OpenGate& gate : at.open) {
    names.push_back(gate.until ? gate.name + " until " + to_rfc3339(now + (*gate.until - boot_now))
                               : gate.name + " until the tokens end");
  }
  if (at.unknown_until) {
    names.push_back("any of before the server's start until " +
                    to_rfc3339(now + (*at.unknown_until - boot_now)));
  }
  return std::to_string(at.open.size()) + " of " + counted(at.gates, "gate", "gates") +
         " may act without " + to_string(at.position) + ": " + listed(names);
}

}  // namespace curfew
