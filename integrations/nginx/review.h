// integrations/nginx/review.h: the requests of this worker that are open, and when they are looked
// at again: before any event is handled once 10 ms are over.
//
// All of a protected location's requests are announced to the gate, whether short or long: which
// will be long nobody knows before. One thread, as all of a worker.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "curfew/curfew.h"
#include "settings.h"

typedef struct ngx_curfew_judgement_s ngx_curfew_judgement_t;

// What a gate said of a request, by one policy.
struct ngx_curfew_judgement_s {
  ngx_queue_t queue;                // of the open ones, or of those that are unused
  ngx_curfew_judgement_t* earlier;  // of the same request, by another policy
  ngx_http_request_t* request;      // the main one
  const ngx_curfew_policy_t* policy;
  curfew_decision* decision;
  int64_t controls;               // what the session is under, where it is live: CURFEW_CONTROL_...
  curfew_connection* connection;  // NULL where it was refused, or has been cut
};

// For a main request that is not judged by this policy yet. NULL: no memory, or not in a process
// that reviews.
ngx_curfew_judgement_t* ngx_curfew_take_judgement(ngx_http_request_t* r,
                                                  const ngx_curfew_policy_t* policy);
// Its connection is announced: it is reviewed until it is given back.
void ngx_curfew_keep_open(ngx_curfew_judgement_t* judgement);
// The request ends.
void ngx_curfew_give_back(ngx_curfew_judgement_t* judgement);

// Keeps a text that ends with a NUL. Empty afterwards: no memory.
void ngx_curfew_remember(ngx_str_t* place, const char* text, ngx_pool_t* pool);

ngx_int_t ngx_curfew_begin_reviews(const ngx_curfew_main_t* main, ngx_log_t* log);
// Nothing of what is open goes on.
void ngx_curfew_end_reviews(void);
