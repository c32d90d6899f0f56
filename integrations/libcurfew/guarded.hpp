// integrations/libcurfew/guarded.hpp: what every function of curfew.h does with errors: a code,
// words in the caller's buffer, and nothing thrown gets out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>

#include "base/result.hpp"
#include "curfew/curfew.h"

namespace curfew::c_api {

inline curfew_code code_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::invalid_argument:
    case ErrorCode::not_found:
    case ErrorCode::denied:
    case ErrorCode::conflict: return CURFEW_INVALID_ARGUMENT;
    case ErrorCode::exhausted: return CURFEW_EXHAUSTED;
    case ErrorCode::unauthenticated:
    case ErrorCode::unavailable:
    case ErrorCode::timeout:
    case ErrorCode::protocol:
    case ErrorCode::corrupted: return CURFEW_UNAVAILABLE;
    case ErrorCode::internal: return CURFEW_INTERNAL;
  }
  return CURFEW_INTERNAL;
}

inline Error missing_argument() {
  return Error::permanent(ErrorCode::invalid_argument, "an argument is missing (NULL)");
}

// Words for an operator in the caller's buffer.
struct Words {
  char* text = nullptr;
  size_t size = 0;

  void set(const char* words) const noexcept {
    if (text == nullptr || size == 0) return;
    const size_t length = std::min(std::strlen(words), size - 1);
    std::memcpy(text, words, length);
    text[length] = '\0';
  }
};

// Runs `body`, which gives a Status; nothing that it throws gets out.
template <typename Body>
curfew_code guarded(Words words, Body body) noexcept {
  try {
    words.set("");
    const Status status = body();
    if (status.ok()) return CURFEW_OK;
    words.set(status.error().message().c_str());
    return code_of(status.error());
  } catch (const std::bad_alloc&) {
    words.set("there is no memory");
    return CURFEW_EXHAUSTED;
  } catch (...) {
    words.set("a fault of libcurfew");
    return CURFEW_INTERNAL;
  }
}

}  // namespace curfew::c_api
