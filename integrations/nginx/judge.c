// integrations/nginx/judge.c: see judge.h.
#include "judge.h"

#include "filter.h"
#include "header_list.h"
#include "identity.h"
#include "module.h"
#include "proofs.h"
#include "session_log.h"
#include "settings.h"

#define NGX_CURFEW_RETRY_SECONDS "1"

static void forget(void* data) {
  ngx_curfew_request_t* request = data;
  if (request->is_gone != NULL) *request->is_gone = 1;
  for (ngx_curfew_judgement_t* judgement = request->newest; judgement != NULL;) {
    ngx_curfew_judgement_t* earlier = judgement->earlier;
    ngx_curfew_give_back(judgement);
    judgement = earlier;
  }
}

// An internal redirect forgets what modules know of a request, but not what its pool has to clean
// up.
ngx_curfew_request_t* ngx_curfew_request_of(const ngx_http_request_t* r) {
  ngx_curfew_request_t* request = ngx_http_get_module_ctx(r->main, ngx_http_curfew_module);
  if (request != NULL || !(r->main->internal || r->main->filter_finalize)) return request;
  for (ngx_pool_cleanup_t* cleanup = r->main->pool->cleanup; cleanup != NULL;
       cleanup = cleanup->next) {
    if (cleanup->handler == forget) return cleanup->data;
  }
  return NULL;
}

ngx_curfew_request_t* ngx_curfew_begin_request(ngx_http_request_t* r) {
  ngx_curfew_request_t* request = ngx_curfew_request_of(r);
  if (request != NULL) return request;
  ngx_pool_cleanup_t* cleanup = ngx_pool_cleanup_add(r->main->pool, sizeof(ngx_curfew_request_t));
  if (cleanup == NULL) return NULL;
  request = cleanup->data;
  ngx_memzero(request, sizeof(*request));
  ngx_curfew_read_presented(r->main, &request->presented);
  cleanup->handler = forget;
  ngx_http_set_ctx(r->main, request, ngx_http_curfew_module);
  return request;
}

int64_t ngx_curfew_controls_of(const ngx_curfew_request_t* request) {
  int64_t controls = 0;
  for (const ngx_curfew_judgement_t* judgement = request->newest; judgement != NULL;
       judgement = judgement->earlier) {
    controls |= judgement->controls;
  }
  return controls;
}

// An error page that is refused too has them already.
static ngx_table_elt_t* set_header(ngx_http_request_t* r, const char* name, const char* value) {
  return ngx_curfew_set_header(&r->headers_out.headers, name, value);
}

static ngx_int_t unavailable(ngx_http_request_t* r) {
  const ngx_uint_t is_told = set_header(r, "Retry-After", NGX_CURFEW_RETRY_SECONDS) != NULL &&
                             set_header(r, "Cache-Control", "no-store") != NULL;
  return is_told ? NGX_HTTP_SERVICE_UNAVAILABLE : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

// A browser that goes to a page goes on to where people sign in. With `satisfy any` nginx would end
// the request with it, where somebody else may still let it in.
static ngx_int_t send_to_sign_in(ngx_http_request_t* r, const char* address) {
  ngx_table_elt_t* location = set_header(r, "Location", address);
  if (location == NULL || set_header(r, "Cache-Control", "no-store") == NULL) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  r->headers_out.location = location;
  return NGX_HTTP_MOVED_TEMPORARILY;
}

static ngx_int_t refuse(ngx_http_request_t* r, const ngx_curfew_judgement_t* judgement) {
  const curfew_decision* decision = judgement->decision;
  const ngx_int_t status = curfew_decision_http_status(decision);
  const char* reason = curfew_decision_text(decision, CURFEW_TEXT_REASON);
  if (status != NGX_HTTP_BAD_REQUEST && status != NGX_HTTP_UNAUTHORIZED &&
      status != NGX_HTTP_FORBIDDEN) {
    const ngx_uint_t level =
        ngx_curfew_complaint_level(judgement->policy->gate, ngx_curfew_cannot_judge);
    ngx_log_error(level, r->connection->log, 0, "curfew: the gate cannot judge: %s", reason);
    return unavailable(r);
  }
  ngx_log_error(NGX_LOG_INFO, r->connection->log, 0, "curfew: refused with %i %s: %s", status,
                curfew_decision_text(decision, CURFEW_TEXT_ERROR), reason);
  const ngx_http_core_loc_conf_t* core = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
  const char* sign_in = curfew_decision_text(decision, CURFEW_TEXT_SIGN_IN);
  if (*sign_in != '\0' && r == r->main && core->satisfy == NGX_HTTP_SATISFY_ALL) {
    return send_to_sign_in(r, sign_in);
  }
  const char* challenge = curfew_decision_text(decision, CURFEW_TEXT_WWW_AUTHENTICATE);
  if (*challenge != '\0') {
    r->headers_out.www_authenticate = set_header(r, "WWW-Authenticate", challenge);
    if (r->headers_out.www_authenticate == NULL) return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  // With `satisfy any` somebody else may still let the request in.
  if (core->satisfy == NGX_HTTP_SATISFY_ALL && set_header(r, "Cache-Control", "no-store") == NULL) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  return status;
}

static ngx_int_t let_in(ngx_http_request_t* r, const ngx_curfew_settings_t* settings,
                        ngx_curfew_request_t* request, const ngx_curfew_judgement_t* judgement) {
  const int64_t controls = ngx_curfew_controls_of(request);
  ngx_curfew_session_log_t* session_log =
      settings->session_log != NULL ? settings->session_log : request->session_log;
  if ((controls & CURFEW_CONTROL_MONITOR) && !ngx_curfew_may_watch(r, session_log)) {
    return unavailable(r);
  }
  request->session_log = session_log;
  if ((controls & CURFEW_CONTROL_BLOCK_DOWNLOADS) && ngx_curfew_ask_for_all(r) != NGX_OK) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  if (settings->identity_headers && (request->told != judgement || r != r->main)) {
    if (ngx_curfew_tell_application(r, judgement->decision) != NGX_OK) {
      return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    if (r == r->main) request->told = judgement;
  }
  if (settings->remove_authorization && ngx_curfew_keep_token(r) != NGX_OK) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  return NGX_OK;
}

static void check(const ngx_http_request_t* r, const curfew_request* asked,
                  ngx_curfew_judgement_t* judgement) {
  ngx_curfew_gate_t* gate = judgement->policy->gate;
  judgement->connection = NULL;
  const curfew_code code = curfew_connections_check(gate->connections, asked, judgement,
                                                    judgement->decision, &judgement->connection);
  if (code == CURFEW_OK) return;
  const ngx_uint_t level = ngx_curfew_complaint_level(gate, ngx_curfew_cannot_check);
  ngx_log_error(level, r->connection->log, 0, "curfew: a check failed with code %D", code);
}

static void leave(ngx_curfew_judgement_t* judgement) {
  if (judgement->connection != NULL) curfew_connection_leave(judgement->connection);
  judgement->connection = NULL;
}

// Whether another worker has seen the proof of a request that is good otherwise.
static ngx_uint_t is_replayed(ngx_http_request_t* r, const ngx_curfew_request_t* request,
                              const ngx_curfew_judgement_t* judgement) {
  const ngx_curfew_main_t* main = ngx_http_get_module_main_conf(r, ngx_http_curfew_module);
  return judgement->connection != NULL && ngx_curfew_is_by_dpop(&request->presented) &&
         !ngx_curfew_is_first_use(main->proofs, &request->presented.dpop);
}

// NULL where it cannot be asked.
static ngx_curfew_judgement_t* ask(ngx_http_request_t* r, const ngx_curfew_settings_t* settings,
                                   ngx_curfew_request_t* request) {
  const ngx_curfew_policy_t* policy = settings->policy;
  if (!request->is_cut) request->reason.len = 0;
  if (ngx_curfew_open_gate(policy->gate, r->connection->log) != NGX_OK) {
    if (!request->is_cut) ngx_curfew_remember(&request->reason, policy->gate->why, r->main->pool);
    return NULL;
  }
  u_char certificate[NGX_CURFEW_SHA256_BYTES];
  curfew_request asked;
  if (ngx_curfew_make_request(r, &request->presented, &settings->public_url, policy->site,
                              certificate, &asked) != NGX_OK) {
    return NULL;
  }
  asked.rules = policy->rules;
  ngx_curfew_judgement_t* judgement = ngx_curfew_take_judgement(r->main, policy);
  if (judgement == NULL) return NULL;
  judgement->earlier = request->newest;
  request->newest = judgement;
  check(r, &asked, judgement);
  if (is_replayed(r, request, judgement)) {
    // This worker's library has seen the proof as well by now, and says what it says then.
    leave(judgement);
    check(r, &asked, judgement);
    leave(judgement);
  }
  if (judgement->connection != NULL) ngx_curfew_keep_open(judgement);
  if (curfew_decision_is_live(judgement->decision) == 1) {
    judgement->controls =
        curfew_decision_number(judgement->decision, CURFEW_NUMBER_SESSION_CONTROLS);
  }
  return judgement;
}

static ngx_int_t judge(ngx_http_request_t* r, const ngx_curfew_settings_t* settings) {
  if (settings->policy == NULL) {
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "curfew: no location is for this request, and the server itself has no "
                  "complete policy: set curfew_replica, curfew_issuer, and curfew_audience there");
    return unavailable(r);
  }
  ngx_curfew_request_t* request = ngx_curfew_begin_request(r);
  if (request == NULL) return NGX_HTTP_INTERNAL_SERVER_ERROR;
  request->was_asked = 1;
  ngx_curfew_judgement_t* judgement = request->newest;
  while (judgement != NULL && judgement->policy != settings->policy) judgement = judgement->earlier;
  if (judgement == NULL) judgement = ask(r, settings, request);
  if (judgement == NULL) return unavailable(r);
  const ngx_uint_t is_live =
      judgement->connection != NULL && curfew_decision_is_live(judgement->decision) == 1;
  return is_live ? let_in(r, settings, request, judgement) : refuse(r, judgement);
}

static ngx_uint_t is_judged(const ngx_curfew_settings_t* settings) {
  return settings->mode == ngx_curfew_bearer || settings->mode == ngx_curfew_session;
}

ngx_int_t ngx_curfew_judge_request(ngx_http_request_t* r) {
  const ngx_curfew_settings_t* settings = ngx_http_get_module_loc_conf(r, ngx_http_curfew_module);
  return is_judged(settings) ? judge(r, settings) : NGX_DECLINED;
}

ngx_int_t ngx_curfew_judge_subrequest(ngx_http_request_t* r) {
  if (r == r->main) return NGX_DECLINED;
  const ngx_curfew_settings_t* settings = ngx_http_get_module_loc_conf(r, ngx_http_curfew_module);
  const ngx_http_core_loc_conf_t* core = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
  // With `satisfy any` whatever let the main request in is enough.
  if (!is_judged(settings) || core->satisfy == NGX_HTTP_SATISFY_ANY) {
    return NGX_DECLINED;
  }
  const ngx_int_t outcome = judge(r, settings);
  return outcome == NGX_OK ? NGX_DECLINED : outcome;
}
