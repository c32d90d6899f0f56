// integrations/libcurfew/include/curfew/curfew.hpp: curfew.h for C++17 and later: the same calls,
// with handles that free themselves.
//
// Header-only, over the C interface alone, so that a program and the library may be built by
// different compilers. Errors while making something are thrown as curfew::lib::Failure; a check
// throws nothing, and refuses where it cannot judge. Threads: as curfew.h says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "curfew/curfew.h"

namespace curfew::lib {

class Failure : public std::runtime_error {
 public:
  Failure(curfew_code code, const std::string& words) : std::runtime_error(words), code_(code) {}
  [[nodiscard]] curfew_code code() const noexcept { return code_; }

 private:
  curfew_code code_;
};

struct Free {
  void operator()(curfew_gate* handle) const noexcept { curfew_gate_free(handle); }
  void operator()(curfew_decision* handle) const noexcept { curfew_decision_free(handle); }
  void operator()(curfew_connections* handle) const noexcept { curfew_connections_free(handle); }
};

// An answer; views are valid until it is used again.
class Decision {
 public:
  Decision() : handle_(curfew_decision_new()) {
    if (!handle_) throw Failure(CURFEW_EXHAUSTED, "there is no memory");
  }
  [[nodiscard]] bool is_live() const noexcept { return curfew_decision_is_live(get()) == 1; }
  [[nodiscard]] int http_status() const noexcept { return curfew_decision_http_status(get()); }
  [[nodiscard]] std::string_view text(curfew_text which) const noexcept {
    return curfew_decision_text(get(), which);
  }
  [[nodiscard]] std::int64_t number(curfew_number which) const noexcept {
    return curfew_decision_number(get(), which);
  }
  [[nodiscard]] curfew_decision* get() const noexcept { return handle_.get(); }

 private:
  std::unique_ptr<curfew_decision, Free> handle_;
};

// curfew_request with setters for texts that live longer than it.
class Request {
 public:
  Request& authorization(std::string_view value) noexcept {
    raw_.authorization = value.data();
    raw_.authorization_length = value.size();
    return *this;
  }
  Request& dpop(std::string_view proof, std::string_view method, std::string_view url) noexcept {
    raw_.dpop = proof.data();
    raw_.dpop_length = proof.size();
    raw_.method = method.data();
    raw_.method_length = method.size();
    raw_.url = url.data();
    raw_.url_length = url.size();
    return *this;
  }
  Request& certificate_sha256(const std::uint8_t* digest) noexcept {
    raw_.certificate_sha256 = digest;
    return *this;
  }
  Request& rules(const curfew_rules* rules) noexcept {
    raw_.rules = rules;
    return *this;
  }
  // Of a browser, at the site with that place in the gate's options, counted from 1. `uri`: what it
  // asked for. What else it says of why is in get_raw().
  Request& browser(std::size_t site, std::string_view cookie, std::string_view uri) noexcept {
    raw_.site = site;
    raw_.cookie = cookie.data();
    raw_.cookie_length = cookie.size();
    raw_.uri = uri.data();
    raw_.uri_length = uri.size();
    return *this;
  }
  Request& has_repeated_header() noexcept {
    raw_.flags |= CURFEW_REQUEST_REPEATED_HEADER;
    return *this;
  }
  [[nodiscard]] const curfew_request* get() const noexcept { return &raw_; }
  [[nodiscard]] curfew_request& get_raw() noexcept { return raw_; }

 private:
  curfew_request raw_ = CURFEW_REQUEST_INIT;
};

class Gate {
 public:
  explicit Gate(const curfew_gate_options& options) {
    char words[256];
    curfew_gate* made = nullptr;
    const curfew_code code = curfew_gate_new(&options, &made, words, sizeof words);
    if (code != CURFEW_OK) throw Failure(code, words);
    handle_.reset(made);
  }
  // Whether it is live.
  bool check(const Request& request, Decision& decision) noexcept {
    (void)curfew_check(get(), request.get(), decision.get());
    return decision.is_live();
  }
  void set_foreign_jwks(const std::string& issuer, const std::string& jwks) {
    char words[256];
    const curfew_code code =
        curfew_gate_set_foreign_jwks(get(), issuer.c_str(), jwks.c_str(), words, sizeof words);
    if (code != CURFEW_OK) throw Failure(code, words);
  }
  [[nodiscard]] curfew_gate* get() const noexcept { return handle_.get(); }

 private:
  std::unique_ptr<curfew_gate, Free> handle_;
};

// The gate outlives it.
class Connections {
 public:
  explicit Connections(Gate& gate) {
    char words[256];
    curfew_connections* made = nullptr;
    const curfew_code code = curfew_connections_new(gate.get(), &made, words, sizeof words);
    if (code != CURFEW_OK) throw Failure(code, words);
    handle_.reset(made);
  }
  // Null unless it is live; then to be given to curfew_connection_leave().
  [[nodiscard]] curfew_connection* check(const Request& request, void* user,
                                         Decision& decision) noexcept {
    curfew_connection* connection = nullptr;
    (void)curfew_connections_check(get(), request.get(), user, decision.get(), &connection);
    return connection;
  }
  // `close(user, decision)` must close the connection; it is left when that comes back.
  template <typename Close>
  void review(Decision& why, Close close) {
    curfew_connection* dead = nullptr;
    while (curfew_connections_review(get(), why.get(), &dead) == CURFEW_OK && dead != nullptr) {
      close(curfew_connection_user(dead), why);
      curfew_connection_leave(dead);
    }
  }
  // Before each piece that is passed on; `why` says why not.
  [[nodiscard]] static bool may_go_on(curfew_connection* connection, Decision& why) noexcept {
    return curfew_connection_may_go_on(connection, why.get()) == 1;
  }
  [[nodiscard]] std::size_t count() const noexcept { return curfew_connections_count(get()); }
  [[nodiscard]] curfew_connections* get() const noexcept { return handle_.get(); }

 private:
  std::unique_ptr<curfew_connections, Free> handle_;
};

}  // namespace curfew::lib
