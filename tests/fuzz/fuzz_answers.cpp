// tests/fuzz/fuzz_answers.cpp: what a server answers to the command line, byte for byte on a real
// socket: an answer or one clear error, whoever is at the other end; and events are the same in
// however many pieces they come.
//
// Covers: io/http_client.cpp apps/curfew/connection.cpp apps/curfew/event_stream.cpp
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "apps/curfew/connection.hpp"
#include "apps/curfew/event_stream.hpp"
#include "base/check.hpp"
#include "base/text.hpp"

using namespace curfew;

namespace {

// Listens where a server's local socket would be, and answers every connection with the same bytes.
class HostileServer {
 public:
  HostileServer() {
    CURFEW_CHECK(::mkdtemp(folder_.data()) != nullptr);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = socket_path();
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CURFEW_CHECK(listener_ >= 0);
    CURFEW_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    CURFEW_CHECK(::listen(listener_, 16) == 0);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~HostileServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    ::unlink(socket_path().c_str());
    ::rmdir(folder_.c_str());
  }
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  [[nodiscard]] const std::string& folder() const { return folder_; }
  void set_answer(std::string_view bytes) {
    const std::lock_guard lock{mutex_};
    answer_ = bytes;
  }

 private:
  [[nodiscard]] std::string socket_path() const { return folder_ + "/curfewd.sock"; }

  void serve() {
    while (true) {
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) return;
      std::string answer;
      {
        const std::lock_guard lock{mutex_};
        answer = answer_;
      }
      char request[4096];
      (void)::recv(peer, request, sizeof(request), 0);
      for (std::string_view rest = answer; !rest.empty();) {
        const ssize_t sent = ::send(peer, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(sent));
      }
      ::close(peer);
    }
  }

  std::string folder_ = "/tmp/curfew-fuzz-XXXXXX";
  int listener_ = -1;
  std::mutex mutex_;
  std::string answer_;
  std::thread thread_;
};

HostileServer& server() {
  static HostileServer listening;
  return listening;
}

void check_error(const Error& error) {
  const std::string& message = error.message();
  CURFEW_CHECK(!message.empty());
  for (const char c : message) CURFEW_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

void check_calls(std::string_view bytes) {
  server().set_answer(bytes);
  ConnectionOptions options;
  options.data = server().folder();
  Connection connection = Connection::open(options).value();
  const auto answer = connection.call(HttpMethod::get, "/users");
  if (!answer.ok()) check_error(answer.error());
  const auto file = connection.download("/revocations/r/report");
  if (!file.ok()) {
    check_error(file.error());
  } else {
    CURFEW_CHECK(file->size() <= bytes.size());
  }
  std::size_t reported = 0;
  const auto on_event = [&](std::string_view data) {
    CURFEW_CHECK(data.size() <= bytes.size());
    return ++reported < 3;
  };
  const auto followed = connection.follow("/revocations/r/events", on_event, [] {});
  CURFEW_CHECK(reported <= 3);
  if (!followed.ok()) check_error(followed.error());
}

using Events = std::vector<std::string>;

Events events_of(std::string_view stream, std::size_t piece) {
  Events events;
  EventStream reader{"run", [&](std::string_view data) {
                       events.emplace_back(data);
                       return true;
                     }};
  while (!stream.empty() && reader.take(stream.substr(0, piece))) {
    stream.remove_prefix(std::min(piece, stream.size()));
  }
  return events;
}

// The standard's algorithm on the whole text.
Events events_of_whole(std::string_view stream) {
  Events events;
  std::string name;
  std::string data;
  bool has_data = false;
  const std::vector<std::string_view> lines = split(stream, '\n');
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {  // the last one has no end yet
    std::string_view line = lines[i];
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) {
      if (has_data && name == "run") events.push_back(data.substr(0, data.size() - 1));
      name.clear();
      data.clear();
      has_data = false;
      continue;
    }
    for (const std::string_view field : {"event", "data"}) {
      if (line != field && !line.starts_with(std::string{field} + ":")) continue;
      std::string_view value = line.substr(std::min(line.size(), field.size() + 1));
      if (value.starts_with(' ')) value.remove_prefix(1);
      if (field == "event") {
        name = value;
      } else {
        has_data = true;
        data.append(value).append("\n");
      }
    }
  }
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  check_calls(text);
  const Events whole = events_of_whole(text);
  CURFEW_CHECK(events_of(text, size) == whole);
  CURFEW_CHECK(events_of(text, std::max<std::size_t>(1, data[0])) == whole);
  return 0;
}
