// base/log.hpp: structured events on standard error, one JSON object a line; levels by who must
// act.
//
// error: a person must act now. warning: a person should look today. info: what happened, for the
// record. debug: for whoever works on the code; off by default.
//
// Values are escaped; nothing of type Secret can be passed. Names of fields are literals.
// Thread-safe: a line is written by one write(2). Logging never fails its caller.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/clock.hpp"

namespace curfew {

enum class LogLevel { debug, info, warning, error };

// Of the name that lines of the level have; nothing for any other.
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view name);

struct LogField {
  std::string_view name;
  std::variant<std::string, std::int64_t, bool> value;

  LogField(std::string_view n, std::string v) : name(n), value(std::move(v)) {}
  LogField(std::string_view n, std::string_view v) : name(n), value(std::string{v}) {}
  LogField(std::string_view n, const char* v) : name(n), value(std::string{v}) {}
  LogField(std::string_view n, std::int64_t v) : name(n), value(v) {}
  LogField(std::string_view n, int v) : name(n), value(static_cast<std::int64_t>(v)) {}
  LogField(std::string_view n, std::uint64_t v) : name(n), value(static_cast<std::int64_t>(v)) {}
  LogField(std::string_view n, bool v) : name(n), value(v) {}
};

// Set once at start, before threads. `fd` -1 drops everything (tests).
void configure_log(LogLevel least, int fd);

// {"at":"...Z","level":"info","event":"server.started",...fields}
void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

}  // namespace curfew
