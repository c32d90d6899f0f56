#include "api/metrics.hpp"

#include <doctest/doctest.h>

#include <thread>

namespace curfew {
namespace {

TEST_CASE("what many threads count adds up") {
  Metrics metrics{{"token"}};
  std::vector<std::thread> threads;
  for (int t = 0; t < 40; ++t) {
    threads.emplace_back([&metrics] {
      for (int i = 0; i < 1'000; ++i) {
        metrics.add(Counter::clients_refused);
        metrics.count_request(0, 200);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(metrics.value(Counter::clients_refused) == 40'000);
  CHECK(metrics.requests(0, 2) == 40'000);
}

TEST_CASE("the text form names endpoint and status class, and leaves out what never happened") {
  Metrics metrics{{"token", "authorize"}};
  metrics.count_request(0, 400);
  metrics.count_request(2, 404);
  const std::string text = metrics.to_prometheus({{"journal_keys", "Keys.", 7}});
  CHECK(text.find("curfew_http_requests_total{endpoint=\"token\",status=\"4xx\"} 1\n") !=
        std::string::npos);
  CHECK(text.find("endpoint=\"none\",status=\"4xx\"} 1\n") != std::string::npos);
  CHECK(text.find("authorize") == std::string::npos);
  CHECK(text.find("# TYPE curfew_journal_keys gauge\n") != std::string::npos);
}

TEST_CASE("every counter has a name of its own") {
  Metrics metrics{{}};
  const std::string text = metrics.to_prometheus({});
  for (std::size_t i = 0; i < kCounterCount; ++i) {
    const std::string line =
        "\ncurfew_" + std::string{to_string(static_cast<Counter>(i))} + "_total 0\n";
    CHECK(text.find(line) != std::string::npos);
    CHECK(text.find(line, text.find(line) + 1) == std::string::npos);
  }
}

}  // namespace
}  // namespace curfew
