// integrations/nginx/review.c: see review.h.
#include "review.h"

#include <ngx_event.h>

#include "cut.h"
#include "judge.h"
#include "module.h"
#include "session_log.h"
#include "variables.h"

#define NGX_CURFEW_TICK 10  // milliseconds
#define NGX_CURFEW_TICK_NS (NGX_CURFEW_TICK * 1000000LL)

// Of this process.
static struct {
  const ngx_curfew_main_t* main;  // NULL: nothing is reviewed here
  ngx_queue_t open;
  ngx_queue_t unused;
  ngx_event_t tick;  // wakes the process while something is open
  ngx_connection_t nobody;
  int64_t reviewed_at;  // by now_ns()
  curfew_decision* why;
  ngx_int_t (*process_events)(ngx_cycle_t* cycle, ngx_msec_t timer, ngx_uint_t flags);
} reviews;

ngx_curfew_judgement_t* ngx_curfew_take_judgement(ngx_http_request_t* r,
                                                  const ngx_curfew_policy_t* policy) {
  // With `master_process off` a reload leaves a process that reviews by the old configuration.
  if (reviews.main != ngx_http_get_module_main_conf(r, ngx_http_curfew_module)) {
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "curfew: this process does not watch open requests; restart nginx");
    return NULL;
  }
  ngx_curfew_judgement_t* judgement;
  if (ngx_queue_empty(&reviews.unused)) {
    judgement = ngx_calloc(sizeof(*judgement), r->connection->log);
    if (judgement == NULL) return NULL;
    judgement->decision = curfew_decision_new();
    if (judgement->decision == NULL) {
      ngx_free(judgement);
      return NULL;
    }
  } else {
    ngx_queue_t* first = ngx_queue_head(&reviews.unused);
    ngx_queue_remove(first);
    judgement = ngx_queue_data(first, ngx_curfew_judgement_t, queue);
  }
  judgement->earlier = NULL;
  judgement->request = r;
  judgement->policy = policy;
  judgement->controls = 0;
  judgement->connection = NULL;
  return judgement;
}

static void wake_up_soon(void) {
  if (!reviews.tick.timer_set) ngx_add_timer(&reviews.tick, NGX_CURFEW_TICK);
}

void ngx_curfew_keep_open(ngx_curfew_judgement_t* judgement) {
  ngx_queue_insert_tail(&reviews.open, &judgement->queue);
  wake_up_soon();
}

// It is closed. The same judgement may go on being asked what it was.
static void leave(ngx_curfew_judgement_t* judgement) {
  if (judgement->connection == NULL) return;
  curfew_connection* connection = judgement->connection;
  judgement->connection = NULL;
  ngx_queue_remove(&judgement->queue);
  curfew_connection_leave(connection);
}

void ngx_curfew_give_back(ngx_curfew_judgement_t* judgement) {
  leave(judgement);
  ngx_queue_insert_head(&reviews.unused, &judgement->queue);
}

void ngx_curfew_remember(ngx_str_t* place, const char* text, ngx_pool_t* pool) {
  place->len = ngx_strlen(text);
  place->data = ngx_pnalloc(pool, place->len);
  if (place->data == NULL) {
    place->len = 0;
    return;
  }
  ngx_memcpy(place->data, text, place->len);
}

// Both ends of the request, and nothing of others on the same connection where that can be. The
// connection counts as open until this is done.
static void end_request(ngx_curfew_judgement_t* judgement) {
  ngx_http_request_t* r = judgement->request;
  ngx_curfew_request_t* request = ngx_curfew_request_of(r);
  curfew_connection* connection = judgement->connection;
  judgement->connection = NULL;
  ngx_queue_remove(&judgement->queue);
  if (request != NULL && !request->is_cut) {
    ngx_curfew_remember(&request->result, ngx_curfew_result_of(reviews.why), r->pool);
    ngx_curfew_remember(&request->reason, curfew_decision_text(reviews.why, CURFEW_TEXT_REASON),
                        r->pool);
    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0, "curfew: cut an open request: %V",
                  &request->reason);
    request->is_cut = 1;
    ngx_uint_t is_gone = 0;
    request->is_gone = &is_gone;
    ngx_curfew_cut(r, &is_gone);
    if (!is_gone) request->is_gone = NULL;
  }
  curfew_connection_leave(connection);
}

static void review_gate(ngx_curfew_gate_t* gate) {
  if (gate->connections == NULL) return;
  for (;;) {
    curfew_connection* dead = NULL;
    const curfew_code code = curfew_connections_review(gate->connections, reviews.why, &dead);
    if (code != CURFEW_OK) {
      const ngx_uint_t level = ngx_curfew_complaint_level(gate, ngx_curfew_cannot_check);
      ngx_log_error(level, ngx_cycle->log, 0,
                    "curfew: a review of open requests failed with code %D", code);
      return;
    }
    if (dead == NULL) return;
    end_request(curfew_connection_user(dead));
  }
}

// nginx's own clock stands still while it handles events, and with timer_resolution for longer.
static int64_t now_ns(void) {
  struct timespec now;
  return clock_gettime(CLOCK_BOOTTIME, &now) == 0 ? now.tv_sec * 1000000000LL + now.tv_nsec
                                                  : INT64_MAX;
}

static void review_in_time(void) {
  const int64_t now = now_ns();
  if (now - reviews.reviewed_at < NGX_CURFEW_TICK_NS) return;
  reviews.reviewed_at = now;
  ngx_curfew_gate_t** gates = reviews.main->gates.elts;
  for (ngx_uint_t i = 0; i < reviews.main->gates.nelts; ++i) review_gate(gates[i]);
}

static void on_tick(ngx_event_t* event) {
  (void)event;
  if (!ngx_queue_empty(&reviews.open)) wake_up_soon();
}

// As nginx does, with a look before each: any of them may take long (a log's disk, a page that is
// read in), and the next one must not go on with what has ended meanwhile.
static void handle_events(ngx_queue_t* events) {
  while (!ngx_queue_empty(events)) {
    review_in_time();
    if (ngx_queue_empty(events)) return;
    ngx_event_t* event = ngx_queue_data(ngx_queue_head(events), ngx_event_t, queue);
    ngx_delete_posted_event(event);
    event->handler(event);
  }
}

// In the place of nginx's own way to wait for events. A worker that was paused wakes up with data
// on its open connections, and would pass it on before its timers: what is outdated is closed
// first. So as long as something is open, events are only collected while nginx waits for them,
// which is what it does under accept_mutex, for no longer than a tick, and handled here. What nginx
// handles from its own timers alone (limit_rate) has the gap of one round.
static ngx_int_t process_events(ngx_cycle_t* cycle, ngx_msec_t timer, ngx_uint_t flags) {
  if (ngx_queue_empty(&reviews.open)) return reviews.process_events(cycle, timer, flags);
  const ngx_msec_t wait = timer < NGX_CURFEW_TICK ? timer : NGX_CURFEW_TICK;
  const ngx_int_t outcome =
      reviews.process_events(cycle, wait, flags | NGX_POST_EVENTS | NGX_UPDATE_TIME);
  review_in_time();
  handle_events(&ngx_posted_accept_events);
  handle_events(&ngx_posted_events);
  return outcome;
}

ngx_int_t ngx_curfew_begin_reviews(const ngx_curfew_main_t* main, ngx_log_t* log) {
  reviews.why = curfew_decision_new();
  if (reviews.why == NULL) return NGX_ERROR;
  reviews.main = main;
  ngx_queue_init(&reviews.open);
  ngx_queue_init(&reviews.unused);
  reviews.nobody.fd = (ngx_socket_t)-1;
  reviews.tick.handler = on_tick;
  reviews.tick.data = &reviews.nobody;
  reviews.tick.log = log;
  reviews.tick.cancelable = 1;  // a worker that is told to go does not wait for it
  reviews.process_events = ngx_event_actions.process_events;
  ngx_event_actions.process_events = process_events;
  return NGX_OK;
}

// Its log phase will not come.
static void log_unfinished(ngx_http_request_t* r) {
  ngx_curfew_request_t* request = ngx_curfew_request_of(r);
  if (request == NULL) return;
  if (!request->is_cut) {
    ngx_str_set(&request->reason, "the worker was told to stop");
    request->is_cut = 1;
  }
  (void)ngx_curfew_log_request(r);
}

void ngx_curfew_end_reviews(void) {
  if (reviews.main == NULL) return;
  while (!ngx_queue_empty(&reviews.open)) {
    ngx_curfew_judgement_t* judgement =
        ngx_queue_data(ngx_queue_head(&reviews.open), ngx_curfew_judgement_t, queue);
    ngx_curfew_silence(judgement->request);
    log_unfinished(judgement->request);
    leave(judgement);
  }
  while (!ngx_queue_empty(&reviews.unused)) {
    ngx_queue_t* first = ngx_queue_head(&reviews.unused);
    ngx_queue_remove(first);
    ngx_curfew_judgement_t* judgement = ngx_queue_data(first, ngx_curfew_judgement_t, queue);
    curfew_decision_free(judgement->decision);
    ngx_free(judgement);
  }
  curfew_decision_free(reviews.why);
  reviews.main = NULL;
}
