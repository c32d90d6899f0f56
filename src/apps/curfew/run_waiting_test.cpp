#include "apps/curfew/run_waiting.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>

namespace curfew {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow = *parse_rfc3339("2026-01-31T09:00:00Z");

std::string words(const char* run_data) {
  return waiting_words(boost::json::parse(run_data).as_object(), kNow);
}

TEST_CASE("what a run waits for is named, with what bounds it") {
  const std::string said = words(R"j({"steps":[
      {"id":"r.1","title":"Sessions","state":"ended"},
      {"id":"r.2","title":"Security events to SIEM (stream 1a2b3c4d)","state":"running",
       "next_attempt_at":"2026-01-31T09:00:30Z"},
      {"id":"r.3","title":"The gate edge","state":"running","next_attempt_at":"2026-01-31T09:00:30Z"}],
      "paths":[{"step":"r.3","ends_by":"2026-01-31T09:00:11Z"},
               {"step":"r.3","ends_by":"2026-01-31T09:00:10Z"},{"kind":"account"}]
})j");
  CHECK(
      said.starts_with("waiting for: Security events to SIEM (stream 1a2b3c4d), tried again at "));
  CHECK(said.find("Sessions") == std::string::npos);
  CHECK(said.find("09:00:30 UTC") != std::string::npos);
  CHECK(said.find("; The gate edge, until ") != std::string::npos);
  CHECK(said.find("09:00:11 UTC") != std::string::npos);
  CHECK(said.find("09:00:10") == std::string::npos);
  CHECK(said.ends_with(" at the latest"));
}

TEST_CASE("what is not known is not said, and a long list is cut") {
  CHECK(words(R"({"steps":[{"title":"A","state":"planned"}]})") == "waiting for: A");
  CHECK(words(R"({"steps":[{"title":"A","state":"running",
      "next_attempt_at":"2026-01-31T08:59:59Z"}]})") == "waiting for: A");
  CHECK(words(R"({"steps":[{"title":"A","state":"ended"}]})").empty());
  CHECK(words(R"({"steps":[7]})").empty());
  CHECK(words("{}").empty());
  boost::json::array many;
  for (int i = 0; i < 7; ++i) many.push_back({{"title", "T"}, {"state", "running"}});
  CHECK(waiting_words({{"steps", many}}, kNow) == "waiting for: T; T; T; T; T; and 2 more");
}

TEST_CASE("a run that takes long is told of at most once in thirty seconds") {
  WaitingPace pace{100s};
  CHECK_FALSE(pace.take(100s));
  CHECK_FALSE(pace.take(101s + 999ms));
  CHECK(pace.take(102s));
  CHECK_FALSE(pace.take(102s));
  CHECK_FALSE(pace.take(131s + 999ms));
  CHECK(pace.take(132s));
  CHECK(pace.take(500s));
  CHECK_FALSE(pace.take(501s));
}

}  // namespace
}  // namespace curfew
