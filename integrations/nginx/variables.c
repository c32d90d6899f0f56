// integrations/nginx/variables.c: see variables.h.
#include "variables.h"

#include <ngx_http.h>

#include "judge.h"

const char* ngx_curfew_result_of(const curfew_decision* decision) {
  if (curfew_decision_is_live(decision) == 1) return "live";
  if (curfew_decision_http_status(decision) == NGX_HTTP_SERVICE_UNAVAILABLE) return "unavailable";
  const char* verdict = curfew_decision_text(decision, CURFEW_TEXT_VERDICT);
  if (*verdict != '\0' && ngx_strcmp(verdict, "live") != 0) return verdict;
  const char* error = curfew_decision_text(decision, CURFEW_TEXT_ERROR);
  return *error == '\0' ? "missing" : error;
}

static void set_value(ngx_http_variable_value_t* value, const char* data, size_t length) {
  value->valid = 1;
  value->no_cacheable = 0;
  value->not_found = length == 0;
  value->data = (u_char*)data;
  value->len = (unsigned)length & 0xfffffffU;
}

static ngx_int_t get_text(ngx_http_request_t* r, ngx_http_variable_value_t* value,
                          uintptr_t which) {
  const ngx_curfew_request_t* request = ngx_curfew_request_of(r);
  const char* text = "";
  if (request != NULL && request->newest != NULL) {
    text = curfew_decision_text(request->newest->decision, (curfew_text)which);
  }
  set_value(value, text, ngx_strlen(text));
  return NGX_OK;
}

static ngx_int_t get_reason(ngx_http_request_t* r, ngx_http_variable_value_t* value,
                            uintptr_t which) {
  const ngx_curfew_request_t* request = ngx_curfew_request_of(r);
  if (request == NULL || request->reason.len == 0) return get_text(r, value, which);
  set_value(value, (const char*)request->reason.data, request->reason.len);
  return NGX_OK;
}

static ngx_int_t get_result(ngx_http_request_t* r, ngx_http_variable_value_t* value,
                            uintptr_t which) {
  (void)which;
  const ngx_curfew_request_t* request = ngx_curfew_request_of(r);
  const char* text = "";
  if (request != NULL && request->result.len != 0) {
    set_value(value, (const char*)request->result.data, request->result.len);
    return NGX_OK;
  }
  if (request != NULL && request->newest != NULL) {
    text = ngx_curfew_result_of(request->newest->decision);
  } else if (request != NULL && request->was_asked) {
    text = "unavailable";
  }
  set_value(value, text, ngx_strlen(text));
  return NGX_OK;
}

static ngx_http_variable_t variables[] = {
    {ngx_string("curfew_result"), NULL, get_result, 0, NGX_HTTP_VAR_NOCACHEABLE, 0},
    {ngx_string("curfew_reason"), NULL, get_reason, CURFEW_TEXT_REASON, NGX_HTTP_VAR_NOCACHEABLE,
     0},
    {ngx_string("curfew_subject"), NULL, get_text, CURFEW_TEXT_SUBJECT, NGX_HTTP_VAR_NOCACHEABLE,
     0},
    {ngx_string("curfew_object_id"), NULL, get_text, CURFEW_TEXT_OBJECT_ID,
     NGX_HTTP_VAR_NOCACHEABLE, 0},
    {ngx_string("curfew_client_id"), NULL, get_text, CURFEW_TEXT_CLIENT_ID,
     NGX_HTTP_VAR_NOCACHEABLE, 0},
    {ngx_string("curfew_tenant"), NULL, get_text, CURFEW_TEXT_TENANT_ID, NGX_HTTP_VAR_NOCACHEABLE,
     0},
    {ngx_string("curfew_session"), NULL, get_text, CURFEW_TEXT_SESSION_ID, NGX_HTTP_VAR_NOCACHEABLE,
     0},
    {ngx_string("curfew_token_id"), NULL, get_text, CURFEW_TEXT_TOKEN_ID, NGX_HTTP_VAR_NOCACHEABLE,
     0},
    {ngx_string("curfew_sign_in"), NULL, get_text, CURFEW_TEXT_SIGN_IN, NGX_HTTP_VAR_NOCACHEABLE,
     0},
    {ngx_string("curfew_session_controls"), NULL, get_text, CURFEW_TEXT_SESSION_CONTROLS,
     NGX_HTTP_VAR_NOCACHEABLE, 0},
    ngx_http_null_variable,
};

ngx_int_t ngx_curfew_add_variables(ngx_conf_t* cf) {
  for (ngx_http_variable_t* known = variables; known->name.len != 0; ++known) {
    ngx_http_variable_t* variable = ngx_http_add_variable(cf, &known->name, known->flags);
    if (variable == NULL) return NGX_ERROR;
    variable->get_handler = known->get_handler;
    variable->data = known->data;
  }
  return NGX_OK;
}
