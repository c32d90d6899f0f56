// integrations/nginx/session_log.c: see session_log.h.
#include "session_log.h"

#include "judge.h"
#include "module.h"

#define NGX_CURFEW_LINE_MAX 16384
#define NGX_CURFEW_MEMBER_MAX 1024   // bytes of a text; a longer one is cut
#define NGX_CURFEW_WRITE_AGAIN 1000  // milliseconds after a write that failed

// nginx itself would let everybody read it.
#define NGX_CURFEW_LOG_MODE 0640

ngx_curfew_session_log_t* ngx_curfew_open_session_log(ngx_conf_t* cf, const ngx_str_t* path) {
  ngx_str_t full = *path;
  if (ngx_conf_full_name(cf->cycle, &full, 0) != NGX_OK) return NULL;
  const ngx_fd_t made =
      ngx_open_file(full.data, NGX_FILE_APPEND, NGX_FILE_CREATE_OR_OPEN, NGX_CURFEW_LOG_MODE);
  if (made == NGX_INVALID_FILE) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno, "curfew_session_log: %V cannot be opened",
                       &full);
    return NULL;
  }
  (void)ngx_close_file(made);
  ngx_curfew_session_log_t* session_log = ngx_pcalloc(cf->pool, sizeof(*session_log));
  if (session_log == NULL) return NULL;
  session_log->file = ngx_conf_open_file(cf->cycle, &full);
  return session_log->file == NULL ? NULL : session_log;
}

typedef struct {
  u_char* at;
  u_char* end;
} line_t;

static void put(line_t* line, const char* text) {
  const size_t length = ngx_strlen(text);
  if ((size_t)(line->end - line->at) < length) return;
  line->at = ngx_cpymem(line->at, text, length);
}

// As a JSON string; what is no plain ASCII byte by byte as \\u00XX: headers have no encoding.
static void put_text(line_t* line, const char* name, const u_char* text, size_t length) {
  static const char digits[] = "0123456789abcdef";
  if (length > NGX_CURFEW_MEMBER_MAX) length = NGX_CURFEW_MEMBER_MAX;
  if ((size_t)(line->end - line->at) < 6 * length + ngx_strlen(name) + 8) return;
  line->at = ngx_sprintf(line->at, ",\"%s\":\"", name);
  for (size_t i = 0; i < length; ++i) {
    const u_char c = text[i];
    if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
      *line->at++ = c;
    } else {
      line->at = ngx_cpymem(line->at, "\\u00", 4);
      *line->at++ = (u_char)digits[c >> 4];
      *line->at++ = (u_char)digits[c & 0xf];
    }
  }
  *line->at++ = '"';
}

static void put_string(line_t* line, const char* name, const ngx_str_t* text) {
  put_text(line, name, text->data, text->len);
}

static void put_number(line_t* line, const char* name, off_t number) {
  if ((size_t)(line->end - line->at) < ngx_strlen(name) + NGX_OFF_T_LEN + 8) return;
  line->at = ngx_sprintf(line->at, ",\"%s\":%O", name, number);
}

static void put_decision(line_t* line, const char* name, const curfew_decision* decision,
                         curfew_text which) {
  const char* text = curfew_decision_text(decision, which);
  put_text(line, name, (const u_char*)text, ngx_strlen(text));
}

static ngx_str_t path_of(const ngx_http_request_t* r) {
  ngx_str_t path = r->unparsed_uri;
  for (size_t i = 0; i < path.len; ++i) {
    if (path.data[i] == '?') path.len = i;
  }
  return path;
}

static void put_request(line_t* line, const ngx_http_request_t* r) {
  const ngx_str_t path = path_of(r);
  put_string(line, "address", &r->connection->addr_text);
  put_string(line, "method", &r->method_name);
  put_string(line, "host", &r->headers_in.server);
  put_string(line, "path", &path);
  if (r->headers_in.user_agent != NULL) {
    put_string(line, "user_agent", &r->headers_in.user_agent->value);
  }
  put_number(line, "bytes_received", r->request_length);
  put_number(line, "status", (off_t)r->headers_out.status);
  put_string(line, "content_type", &r->headers_out.content_type);
  put_number(line, "bytes_sent", r->connection->sent);
}

static void put_session(line_t* line, const curfew_decision* decision) {
  put_decision(line, "session", decision, CURFEW_TEXT_SESSION_ID);
  put_decision(line, "subject", decision, CURFEW_TEXT_SUBJECT);
  put_decision(line, "object_id", decision, CURFEW_TEXT_OBJECT_ID);
  put_decision(line, "client_id", decision, CURFEW_TEXT_CLIENT_ID);
  put_decision(line, "device", decision, CURFEW_TEXT_DEVICE_ID);
  put_decision(line, "token_id", decision, CURFEW_TEXT_TOKEN_ID);
  put_decision(line, "session_controls", decision, CURFEW_TEXT_SESSION_CONTROLS);
}

static size_t make_line(const ngx_http_request_t* r, const ngx_curfew_request_t* request,
                        u_char* text) {
  line_t line = {text, text + NGX_CURFEW_LINE_MAX - 2};
  put(&line, "{\"time\":\"");
  line.at = ngx_cpymem(line.at, ngx_cached_http_log_iso8601.data, ngx_cached_http_log_iso8601.len);
  put(&line, "\"");
  put_session(&line, request->newest->decision);
  put_request(&line, r);
  if (request->withheld != NULL) {
    put_text(&line, "withheld", (const u_char*)request->withheld, ngx_strlen(request->withheld));
    put_string(&line, "withheld_type", &request->withheld_type);
  }
  if (request->is_cut) put_string(&line, "cut", &request->reason);
  *line.at++ = '}';
  *line.at++ = '\n';
  return (size_t)(line.at - text);
}

// Begins a new line behind one that may be torn. 0: that does not work either.
static ngx_uint_t begin_anew(ngx_curfew_session_log_t* session_log) {
  session_log->has_failed = ngx_write_fd(session_log->file->fd, "\n", 1) != 1;
  session_log->failed_at = ngx_current_msec;
  return !session_log->has_failed;
}

ngx_uint_t ngx_curfew_may_watch(const ngx_http_request_t* r,
                                ngx_curfew_session_log_t* session_log) {
  if (session_log == NULL) {
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "curfew: this session is to be watched, and no curfew_session_log is set: its "
                  "requests are answered 503");
    return 0;
  }
  if (!session_log->has_failed) return 1;
  const ngx_uint_t is_soon = ngx_current_msec - session_log->failed_at < NGX_CURFEW_WRITE_AGAIN;
  return !is_soon && begin_anew(session_log);
}

static void write_line(const ngx_http_request_t* r, ngx_curfew_session_log_t* session_log,
                       u_char* text, size_t length) {
  if (session_log->has_failed && !begin_anew(session_log)) return;
  if (ngx_write_fd(session_log->file->fd, text, length) == (ssize_t)length) return;
  session_log->has_failed = 1;
  session_log->failed_at = ngx_current_msec;
  ngx_log_error(NGX_LOG_ALERT, r->connection->log, ngx_errno,
                "curfew: the session log cannot be written: requests of sessions that are watched "
                "are answered 503");
}

ngx_int_t ngx_curfew_log_request(ngx_http_request_t* r) {
  if (r != r->main) return NGX_OK;
  ngx_curfew_request_t* request = ngx_curfew_request_of(r);
  if (request == NULL || request->newest == NULL || request->session_log == NULL ||
      request->is_logged) {
    return NGX_OK;
  }
  const ngx_uint_t is_watched = (ngx_curfew_controls_of(request) & CURFEW_CONTROL_MONITOR) != 0;
  if (!is_watched && request->withheld == NULL) return NGX_OK;
  request->is_logged = 1;
  u_char text[NGX_CURFEW_LINE_MAX];
  write_line(r, request->session_log, text, make_line(r, request, text));
  return NGX_OK;
}
