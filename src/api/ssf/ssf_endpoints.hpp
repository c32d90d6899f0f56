// api/ssf/ssf_endpoints.hpp: the transmitter of shared signals, for the router's table.
//
//   ssf_configuration  GET                           what there is (SSF 1.0 7), for anybody
//   ssf_stream         POST GET PATCH PUT DELETE     a receiver's streams (8.1.1)
//   ssf_status         GET POST                      8.1.2
//   ssf_add_subject, ssf_remove_subject  POST        8.1.3
//   ssf_verification   POST                          8.1.4
//   ssf_poll           POST                          RFC 8936
//
// Everything but the first is for applications, with an access token of their own for
// kSignalsResource: `ssf.read` suffices to read and to poll, `ssf.manage` is for all of it. A
// receiver sees its own streams, and nobody else's. `context` outlives the tasks; each runs on the
// I/O thread that it was started on.
#pragma once

#include <string>

#include "api/router.hpp"

namespace curfew {

[[nodiscard]] Task<HttpResponse> ssf_configuration_endpoint(const ServerContext& context,
                                                            RoutedRequest request);
[[nodiscard]] Task<HttpResponse> ssf_stream_endpoint(const ServerContext& context,
                                                     RoutedRequest request);
[[nodiscard]] Task<HttpResponse> ssf_status_endpoint(const ServerContext& context,
                                                     RoutedRequest request);
[[nodiscard]] Task<HttpResponse> ssf_add_subject_endpoint(const ServerContext& context,
                                                          RoutedRequest request);
[[nodiscard]] Task<HttpResponse> ssf_remove_subject_endpoint(const ServerContext& context,
                                                             RoutedRequest request);
[[nodiscard]] Task<HttpResponse> ssf_verification_endpoint(const ServerContext& context,
                                                           RoutedRequest request);
[[nodiscard]] Task<HttpResponse> ssf_poll_endpoint(const ServerContext& context,
                                                   RoutedRequest request);

// Below /{tenant}.
namespace ssf_path {
inline constexpr std::string_view kStream = "/ssf/v1/stream";
inline constexpr std::string_view kStatus = "/ssf/v1/status";
inline constexpr std::string_view kAddSubject = "/ssf/v1/subjects/add";
inline constexpr std::string_view kRemoveSubject = "/ssf/v1/subjects/remove";
inline constexpr std::string_view kVerification = "/ssf/v1/verification";
inline constexpr std::string_view kPoll = "/ssf/v1/poll/";  // and the stream's id
}  // namespace ssf_path

// "https://host/TENANT" and the path.
[[nodiscard]] std::string ssf_url(const ServerContext& context, std::string_view path);

}  // namespace curfew
