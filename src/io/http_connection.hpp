// io/http_connection.hpp: the life of one HTTP connection, as one coroutine on one I/O thread.
//
// handshake, then for each request: wait, read, handle, answer. Each wait on the peer has a
// deadline that the table's sweep enforces through expire(); while the handler runs there is none,
// because the handler has its own. After an upgrade the connection is no longer HTTP's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/connection_table.hpp"
#include "io/http_parser.hpp"
#include "io/http_upgrade.hpp"
#include "io/http_writer.hpp"
#include "io/socket.hpp"

namespace curfew {

class HttpConnection {
 public:
  HttpConnection(ConnectionTable& table, std::shared_ptr<HttpServerCore> core,
                 boost::asio::io_context& context, UniqueFd fd, SslPtr ssl, HttpPeer peer);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // From the first byte to the last; the connection is to be destroyed when it ends.
  Task<Done> run();

  // The peer took too long for what it is doing.
  void expire();
  // Ends without an answer at the next opportunity; only while it waits for the peer.
  void give_up();
  // The server stops: a stream ends now.
  void drain();
  // Ends as soon as the handler, if one runs, returns.
  void cut();

  // Came through the Unix socket.
  [[nodiscard]] bool is_local() const { return peer_.transport == Transport::unix_socket; }

  // Kept by the table.
  ConnectionTable::Phase phase = ConnectionTable::Phase::opening;
  ConnectionTable::List::iterator place;
  std::optional<Duration> deadline;

 private:
  struct Pull;
  enum class ReadOutcome { complete, rejected, closed };
  struct Exchange {
    HttpRequest request;
    HttpFraming framing;
    HttpRejection rejection;
  };

  Task<bool> handshake();
  void note_certificates();
  Task<bool> wait_for_request();
  // True if the connection may go on.
  Task<bool> serve_one();
  void admit_upgrade(HttpResponse& response, HttpFraming& framing);
  Task<ReadOutcome> read_request(Exchange& exchange);
  bool name_peer(Exchange& exchange) const;
  // What the parser has made of it, as the exchange's request.
  ReadOutcome take_request(HttpParser& parser, Exchange& exchange) const;
  // False if the connection is lost.
  Task<bool> begin_body(bool expects_continue);
  Task<Done> reject(HttpRejection rejection);
  // False if the connection is lost.
  Task<bool> write_all(std::string bytes);
  Task<bool> send_stream(HttpStream source, HttpFraming framing);
  Task<bool> send_pieces(std::shared_ptr<Pull> pull, HttpFraming framing);

  std::optional<std::string> begin_answer(const HttpResponse& response, HttpFraming framing);
  void watch_peer(const std::shared_ptr<Pull>& pull);
  Socket::Step read_more(std::string_view& input);
  void keep_rest(std::string_view input, std::size_t used);
  void allow(Duration limit) { deadline = table_.deadline_after(limit); }
  // True if a wait ended because there is something to do.
  [[nodiscard]] bool goes_on(bool waited) const { return waited && !ended_ && !timed_out_; }

  ConnectionTable& table_;
  const std::shared_ptr<HttpServerCore> core_;
  Socket socket_;
  HttpPeer peer_;
  std::string pending_;  // received, and not yet part of a request
  std::shared_ptr<Pull> pull_;
  std::shared_ptr<HttpUpgrade> upgrade_;  // once 101 is sent
  bool first_request_ = true;
  bool timed_out_ = false;
  bool ended_ = false;
};

}  // namespace curfew
