// tests/e2e/moved_clock.cpp: preloaded into a server, it moves the wall clock for that process.
//
// CURFEW_MOVED_CLOCK names a file of eight bytes: by how many seconds, in the machine's byte order.
// Whoever writes there moves the clock of the running process. The time since boot goes on as it
// is, as when somebody sets the clock of a machine. Used by tests/e2e/test_clock.py.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

const volatile std::int64_t* map_offset() {
  const char* const path = std::getenv("CURFEW_MOVED_CLOCK");
  const int file = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
  void* const memory = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) std::abort();  // a test that moves no clock shows nothing
  return static_cast<const std::int64_t*>(memory);
}

std::int64_t moved_by() {
  static const volatile std::int64_t* const offset = map_offset();
  return *offset;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* at) noexcept {
  const auto code = static_cast<int>(::syscall(SYS_clock_gettime, clock, at));
  if (code == 0 && clock == CLOCK_REALTIME) at->tv_sec += moved_by();
  return code;
}

extern "C" int gettimeofday(timeval* __restrict at, void* __restrict) noexcept {
  timespec now{};
  const int code = clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return code;
}

extern "C" std::time_t time(std::time_t* at) noexcept {
  timespec now{};
  static_cast<void>(clock_gettime(CLOCK_REALTIME, &now));
  if (at != nullptr) *at = now.tv_sec;
  return now.tv_sec;
}
