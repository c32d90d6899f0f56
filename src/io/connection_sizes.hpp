// io/connection_sizes.hpp: sizes that every connection keeps to, whatever is spoken on it.
#pragma once

#include <cstddef>

namespace curfew {

// One read(2) brings a whole TLS record, or a burst of pipelined requests.
inline constexpr std::size_t kReadBufferBytes = 32UL * 1024;
// An idle connection keeps no buffer larger than this.
inline constexpr std::size_t kIdleBufferBytesMax = 256;
// After a refusal the peer may still be sending; closing at once would make its kernel throw our
// answer away (RFC 9112 9.6). So much of it is read and dropped.
inline constexpr std::size_t kLingerBytesMax = 1024UL * 1024;

}  // namespace curfew
