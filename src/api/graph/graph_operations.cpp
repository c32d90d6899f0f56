#include "api/graph/graph_operations.hpp"

#include <utility>

#include "base/text.hpp"

namespace curfew {

namespace {

// One step of a request's path in one spelling: a name, a key, or an alternate key.
struct Step {
  enum class Kind { name, key, alternate_key };
  Kind kind = Kind::name;
  const PathSegment* segment = nullptr;
  std::string name;   // of an alternate key
  std::string value;  // of a key in parentheses or an alternate key
};

// Nothing for keys that no operation takes, such as two alternate keys at once.
std::optional<std::vector<Step>> steps_of(const std::vector<PathSegment>& path) {
  std::vector<Step> steps;
  for (const PathSegment& segment : path) {
    steps.push_back({Step::Kind::name, &segment, {}, {}});
    if (segment.key) steps.push_back({Step::Kind::key, &segment, {}, *segment.key});
    if (segment.keys.size() > 1) return std::nullopt;
    if (segment.keys.size() == 1) {
      const SegmentKey& key = segment.keys.front();
      steps.push_back({Step::Kind::alternate_key, &segment, key.name, key.value});
    }
  }
  return steps;
}

std::string_view name_of(SegmentKind kind) {
  switch (kind) {
    case SegmentKind::plain: return "";
    case SegmentKind::count: return "$count";
    case SegmentKind::ref: return "$ref";
    case SegmentKind::batch: return "$batch";
    case SegmentKind::metadata: return "$metadata";
  }
  return "";
}

constexpr std::string_view kCast = "graph.";

bool is_name(const Step& step, std::string_view literal) {
  if (step.kind != Step::Kind::name) return false;
  const PathSegment& segment = *step.segment;
  if (segment.kind != SegmentKind::plain) return name_of(segment.kind) == literal;
  if (literal.starts_with(kCast)) {
    return !segment.qualifier.empty() && segment.is(literal.substr(kCast.size()));
  }
  return segment.is(literal);
}

// Whether one step is what the template's segment asks for; a key's value goes into `keys`.
bool matches(const Step& step, std::string_view wanted, GraphRoute& route) {
  if (!wanted.starts_with('{')) return is_name(step, wanted);
  const std::string_view name = wanted.substr(1, wanted.size() - 2);
  if (name.ends_with('=')) {
    const std::string_view alternate = name.substr(0, name.size() - 1);
    if (step.kind != Step::Kind::alternate_key || !ascii_iequals(step.name, alternate)) {
      return false;
    }
    route.keys.emplace(alternate, step.value);
    return true;
  }
  if (step.kind == Step::Kind::key) {
    route.keys.emplace(name, step.value);
    return true;
  }
  const bool is_plain = step.kind == Step::Kind::name && step.segment->kind == SegmentKind::plain &&
                        !step.segment->has_parentheses;
  if (is_plain) route.keys.emplace(name, step.segment->text);
  return is_plain;
}

struct Template {
  const GraphOperation* operation;
  std::vector<std::string_view> segments;
};

std::vector<GraphOperation> make_operations() {
  std::vector<GraphOperation> all;
  const auto append = [&all](std::vector<GraphOperation> part) {
    for (GraphOperation& operation : part) all.push_back(operation);
  };
  append(delta_operations());  // before those that would take "delta" for a key
  append(user_operations());
  append(device_operations());
  append(group_operations());
  append(role_operations());
  append(deleted_item_operations());
  append(authentication_operations());
  append(email_method_operations());
  append(organization_operations());
  append(audit_log_operations());
  append(application_operations());
  append(app_role_assignment_operations());
  append(permission_grant_operations());
  append(risky_user_operations());
  append(risk_detection_operations());
  append(subscription_operations());
  return all;
}

const std::vector<Template>& templates() {
  static const std::vector<Template> all = [] {
    std::vector<Template> made;
    for (const GraphOperation& operation : graph_operations()) {
      made.push_back({&operation, split(operation.path.substr(1), '/')});
    }
    return made;
  }();
  return all;
}

std::optional<GraphRoute> match(const Template& wanted, const std::vector<Step>& steps) {
  if (wanted.segments.size() != steps.size()) return std::nullopt;
  GraphRoute route{wanted.operation, {}};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!matches(steps[i], wanted.segments[i], route)) return std::nullopt;
  }
  return route;
}

}  // namespace

std::span<const GraphOperation> graph_operations() {
  static const std::vector<GraphOperation> operations = make_operations();
  return operations;
}

std::variant<GraphRoute, NoRoute> find_operation(HttpMethod method,
                                                 const std::vector<PathSegment>& path) {
  const auto steps = steps_of(path);
  if (!steps) return NoRoute::unknown_path;
  bool is_known = false;
  for (const Template& wanted : templates()) {
    auto route = match(wanted, *steps);
    if (!route) continue;
    if (route->operation->method == method) return *std::move(route);
    is_known = true;
  }
  return is_known ? NoRoute::other_method : NoRoute::unknown_path;
}

}  // namespace curfew
