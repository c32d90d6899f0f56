// WebSockets with somebody else's implementation at the other end: Debian's python3-websockets.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include "io/websocket/test_websocket.hpp"

using namespace curfew;
using namespace curfew::testing;

namespace {

// The Python program in a process of its own. Ended with this object.
class ForeignPeer {
 public:
  explicit ForeignPeer(std::vector<std::string> arguments) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    output_ = UniqueFd{ends[0]};
    const UniqueFd input{ends[1]};
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
    arguments.insert(arguments.begin(), {"/usr/bin/python3", CURFEW_WEBSOCKET_PEER});
    std::vector<char*> words;
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    REQUIRE(::posix_spawn(&pid_, words[0], &actions, nullptr, words.data(), environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~ForeignPeer() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    end();
  }
  ForeignPeer(const ForeignPeer&) = delete;
  ForeignPeer& operator=(const ForeignPeer&) = delete;

  // What waitpid() says once it has ended by itself.
  int end() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }
  // Its first line of output, without the end; empty if it ended without.
  [[nodiscard]] std::string line() const {
    std::string text;
    for (char byte = 0; ::read(output_.get(), &byte, 1) == 1 && byte != '\n';) text += byte;
    return text;
  }

 private:
  pid_t pid_ = -1;
  UniqueFd output_;
};

// A certificate in files.
struct Files {
  Files()
      : identity(make_identity()),
        certificate(directory.path("c.pem")),
        key(directory.path("k.pem")) {
    std::ofstream{certificate} << identity.certificate_chain_pem;
    std::ofstream{key} << identity.private_key_pem.reveal();
  }
  TemporaryDirectory directory;
  TlsIdentity identity;
  std::string certificate;
  std::string key;
};

std::string say(Runtime& runtime, WebsocketSession& session, std::string words) {
  CHECK(session.send({.is_text = true, .payload = std::move(words)}));
  const auto message = receive(runtime, session);
  return message ? message->payload : "(over)";
}

}  // namespace

TEST_CASE("another implementation's client understands our server, plain and over TLS") {
  const Files files;
  Hub hub;
  Runtime runtime(1);
  HttpServerOptions options;
  options.listeners.emplace_back(PlainListener{});
  options.listeners.emplace_back(
      TlsListener{.address = "127.0.0.1", .port = 0, .asks_for_certificate = false});
  options.tls = {.certificate_chain_pem = files.identity.certificate_chain_pem,
                 .private_key_pem = Secret{std::string{files.identity.private_key_pem.reveal()}}};
  const auto http = HttpServer::start(runtime, std::move(options), hub.handler());
  REQUIRE(http.ok());
  const auto& bound = http.value()->bound();
  for (const std::string& url : {"ws://localhost:" + std::to_string(bound[0].port) + "/feed",
                                 "wss://localhost:" + std::to_string(bound[1].port) + "/feed"}) {
    CHECK(ForeignPeer({"client", url, files.certificate}).end() == 0);
  }
  CHECK(hub.has_endings(4));
}

TEST_CASE("our client understands another implementation's server, until that is killed") {
  const Files files;
  ForeignPeer server({"server", files.certificate, files.key});
  const std::string url = "wss://localhost:" + server.line() + "/feed";
  Runtime runtime(1);
  const auto trust = make_client_tls_context(files.certificate);
  REQUIRE(trust.ok());
  const auto open_one = [&] {
    Opened opened = open(runtime, call_of(url, trust.value()));
    REQUIRE(opened.ok());
    return std::move(opened).value();
  };
  const auto told_to_close = open_one();
  CHECK(say(runtime, *told_to_close, "hello") == "hello");
  const std::string large(1'000'000, 'l');
  CHECK(say(runtime, *told_to_close, large) == large);
  CHECK(say(runtime, *told_to_close, "fragments") == "fragments");
  CHECK(say(runtime, *told_to_close, "ping") == "ponged");
  CHECK(say(runtime, *told_to_close, "close") == "(over)");
  CHECK(told_to_close->ending().code == 4002);
  CHECK(told_to_close->ending().reason == "as told");

  const auto closing = open_one();
  closing->close(kCloseNormal, "enough");
  CHECK_FALSE(receive(runtime, *closing));
  CHECK(closing->ending().code == kCloseNormal);

  const auto widowed = open_one();
  CHECK(say(runtime, *widowed, "die") == "(over)");
  CHECK(widowed->ending().code == kCloseLost);
  CHECK(WTERMSIG(server.end()) == SIGKILL);
}
