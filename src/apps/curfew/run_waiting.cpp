#include "apps/curfew/run_waiting.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <vector>

#include "apps/curfew/report_view.hpp"
#include "base/text.hpp"

namespace curfew {

namespace {

constexpr std::size_t kStepsShownMax = 5;

std::optional<TimePoint> time_at(const boost::json::object& object, std::string_view name) {
  return parse_rfc3339(cell_text(object.if_contains(name)));
}

// The latest moment of the paths that the step ends.
std::optional<TimePoint> bound_of(const boost::json::object& data,
                                  const boost::json::object& step) {
  std::optional<TimePoint> latest;
  const auto* const paths = data.if_contains("paths");
  if (paths == nullptr || !paths->is_array()) return latest;
  for (const boost::json::value& path : paths->get_array()) {
    if (!path.is_object() || step_of_path(data, path.get_object()) != &step) continue;
    const auto ends_by = time_at(path.get_object(), "ends_by");
    if (ends_by && (!latest || *ends_by > *latest)) latest = ends_by;
  }
  return latest;
}

std::string words_of(const boost::json::object& data, const boost::json::object& step,
                     TimePoint now) {
  std::string words = cell_text(step.if_contains("title"));
  const auto bound = bound_of(data, step);
  const auto again = time_at(step, "next_attempt_at");
  if (bound) {
    words += ", until " + show_time(*bound, now) + " at the latest";
  } else if (again && *again > now) {
    words += ", tried again at " + show_time(*again, now);
  }
  return words;
}

bool is_open(const boost::json::object& step) {
  const std::string state = cell_text(step.if_contains("state"));
  return state == "planned" || state == "running";
}

}  // namespace

std::string waiting_words(const boost::json::object& run_data, TimePoint now) {
  std::vector<std::string> open;
  std::size_t count = 0;
  const auto* const steps = run_data.if_contains("steps");
  if (steps == nullptr || !steps->is_array()) return "";
  for (const boost::json::value& step : steps->get_array()) {
    if (!step.is_object() || !is_open(step.get_object())) continue;
    if (++count <= kStepsShownMax) open.push_back(words_of(run_data, step.get_object(), now));
  }
  if (open.empty()) return "";
  const std::string more =
      count > open.size() ? "; and " + std::to_string(count - open.size()) + " more" : "";
  return "waiting for: " + join(open, "; ") + more;
}

}  // namespace curfew
