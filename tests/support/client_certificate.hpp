// tests/support/client_certificate.hpp: requests that come with a client's certificate.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "crypto/test_certificate.hpp"
#include "io/http_types.hpp"

namespace curfew::test {

// As if it had come over a connection for which the certificate was presented and proved.
inline HttpRequest presented(const TestCertificate& certificate, HttpRequest request) {
  request.peer.certificates =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{certificate.der()});
  return request;
}

}  // namespace curfew::test
