// integrations/nginx/cut.c: see cut.h.
#include "cut.h"

#include <sys/socket.h>

// What lies in the kernel's buffer is not sent any more: the client sees a reset, and takes a half
// answer for no whole one, whatever its framing.
static void forget_unsent(const ngx_connection_t* c) {
  const struct linger reset = {1, 0};
  if (setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == -1) {
    ngx_log_error(NGX_LOG_ALERT, c->log, ngx_socket_errno, "curfew: SO_LINGER could not be set");
  }
}

// As nginx closes whom it answers nothing: no error page, no post_action. The clean-up of a proxied
// request gives up a reference to it, and would give up the last one, and keep the connection
// alive, if it were not for the one that is taken here.
static void terminate(ngx_http_request_t* r) {
  ++r->main->count;
  ngx_http_finalize_request(r, NGX_HTTP_CLOSE);
}

#if (NGX_HTTP_V2)

// Only this stream: others on its connection may be somebody else's. nginx drops what of it was
// queued; a frame that TLS or the kernel has begun with it sends to the end.
static void cut_stream(ngx_http_request_t* r) {
  ngx_connection_t* c = r->connection;
  ngx_event_t* output = r->stream->connection->connection->write;
  terminate(r);
  // Else the stream's end says that the client broke the protocol.
  c->timedout = 0;
  ngx_http_run_posted_requests(c);
  // So that the end goes out.
  ngx_post_event(output, &ngx_posted_events);
}

#endif

static void silence_socket(const ngx_connection_t* c) {
  forget_unsent(c);
  (void)shutdown(c->fd, SHUT_RDWR);
}

void ngx_curfew_silence(const ngx_http_request_t* r) {
#if (NGX_HTTP_V2)
  if (r->stream != NULL) {
    silence_socket(r->stream->connection->connection);
    return;
  }
#endif
  silence_socket(r->connection);
}

void ngx_curfew_cut(ngx_http_request_t* r, const ngx_uint_t* is_gone) {
#if (NGX_HTTP_V2)
  if (r->stream != NULL) {
    cut_stream(r);
    return;
  }
#endif
  ngx_connection_t* c = r->connection;
  forget_unsent(c);
  terminate(r);
  ngx_http_run_posted_requests(c);
  if (!*is_gone) silence_socket(c);
}
