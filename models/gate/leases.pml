/* models/gate/leases.pml: leases of gates, and when a run is complete, at one server.
 *
 * Journal: position 1 is there, position 2 is the revocation p; the cut commits it. An instance of a
 * gate has a replica up to `position`. It accepts the outdated credential while it has a lease that
 * counts and has not applied p, or has a connection open from then. Links have no queue: a message is delayed by happening later, lost
 * by a break, and stuck by never happening while others go on.
 *
 * Time is in ticks of the server. The clock of an instance may miss DRIFT ticks in L + DRIFT.
 * FAULT chooses a planted fault, REACH a state that must be reachable; see cases.toml.
 */
#define L 2
#define DRIFT 1
#define INSTANCES 2

#define none 0
#define counts_before_applied 1
#define server_counts_without_drift 2
#define gate_counts_from_receipt 3
#define restarted_server_forgets 4
#define waits_for_newest_instance 5
#define lease_survives_restart 6
#define identity_is_in_the_replica 7
#define waits_for_later_leases 8
#define head_is_read_before_recording 9
#define acks_while_one_is_open 20
#define lease_counts_while_one_is_open 21
#define complete_by_ack 10
#define complete_by_silence 11
#define fresh_lease_after_complete 12

#ifndef FAULT
#define FAULT none
#endif
#ifndef REACH
#define REACH none
#endif

mtype = { idle, asked, answering, answered };

typedef Instance {
  bool runs;
  byte position;     /* contiguous, applied */
  byte lease;        /* ticks left of the lease that counts */
  byte next;         /* ticks left of a lease whose position is not applied yet */
  byte next_named;
  mtype request;     /* one at a time */
  byte left;         /* L less the ticks of this clock since the request was sent */
  byte named;        /* the position that the answer names */
  byte steady;       /* ticks since this clock missed one */
  bool open;         /* a reader holds a connection open that was judged before p */
};

byte head = 1;
bool complete = false;       /* the report has said so; it is never taken back */
Instance gate[INSTANCES];

/* The server's memory. `owed`: ticks until the last lease granted below p has ended. */
byte owed[INSTANCES];
bool acked[INSTANCES];
bool known[INSTANCES];       /* of use to a fault only */
byte unknown;                /* ticks until leases of an earlier life of the server have ended */
byte since_cut;              /* ticks, where the scenario is TIMED */

#define CUT (head == 2)
#ifdef TIMED
#define IS_TIMED true
#else
#define IS_TIMED false
#endif
#define ID(i) (FAULT == identity_is_in_the_replica -> 0 : i)
#define IS_DONE(i) (owed[i] == 0 || acked[i])
#define IS_OLD_DONE (IS_DONE(0) || (FAULT == waits_for_newest_instance && known[1]))
#define IS_COMPLETE (CUT && unknown == 0 && IS_OLD_DONE && IS_DONE(1))
#define ACCEPTS(i) (gate[i].lease > 0 && (gate[i].position < 2 || gate[i].open))
/* How far the readers are: what may be acknowledged, and what a lease may name to count. */
#define IS_AT_P(i) (gate[i].position >= 2 && !gate[i].open)
#define MAY_ACK(i) (IS_AT_P(i) || (FAULT == acks_while_one_is_open && gate[i].position >= 2))
#define HAS_REACHED(i, named) (gate[i].position >= named && \
                               (named < 2 || !gate[i].open || FAULT == lease_counts_while_one_is_open))
#define SERVER_COUNTS (FAULT == server_counts_without_drift -> L : L + DRIFT)

inline tick(counter) {
  if
  :: counter > 0 -> counter--
  :: else
  fi
}

/* What a clock did before anything was counted on it does not matter. */
#define COUNTS(i) (gate[i].lease > 0 || gate[i].next > 0 || gate[i].left > 0)

inline tick_instance(i) {
  if
  :: !COUNTS(i) -> gate[i].steady = L
  :: COUNTS(i) && gate[i].steady >= L -> gate[i].steady = 0; printf("instance %d: its clock misses a tick\n", i)
  :: COUNTS(i) ->
     tick(gate[i].lease); tick(gate[i].next); tick(gate[i].left);
     if
     :: gate[i].steady < L -> gate[i].steady++
     :: else
     fi
  fi
}

active proctype time() {
  do
  :: atomic {
       printf("time: a tick\n");
       tick(owed[0]); tick(owed[1]); tick(unknown);
       if
       :: CUT && IS_TIMED && since_cut < L + DRIFT -> since_cut++
       :: else
       fi;
       tick_instance(0); tick_instance(1)
     }
  od
}

/* The end of the lease is remembered, and then the head is read: both before the cut, or both after. */
inline record(i) {
  if
  :: FAULT == waits_for_newest_instance -> known[i] = true
  :: else
  fi;
  if
  :: !CUT || (FAULT == waits_for_later_leases && !complete) -> owed[ID(i)] = SERVER_COUNTS
  :: else
  fi
}

inline serve(i) {
  if
  :: gate[i].request == asked && FAULT != head_is_read_before_recording ->
     record(i);
     gate[i].named = head;
     gate[i].request = answered;
     printf("server: grants instance %d a lease at position %d\n", i, head)
  :: gate[i].request == asked && FAULT == head_is_read_before_recording ->
     gate[i].named = head;
     gate[i].request = answering;
     printf("server: reads the head %d for the lease of instance %d\n", head, i)
  :: gate[i].request == answering ->
     record(i);
     gate[i].request = answered;
     printf("server: records and sends the lease of instance %d\n", i)
  :: !complete && MAY_ACK(i) && !acked[ID(i)] ->
     acked[ID(i)] = true;
     printf("server: hears that instance %d has applied p\n", i)
  fi
}

inline lose_question(i) {
  if
  :: gate[i].request != answered -> gate[i].request = idle
  :: else
  fi
}

/* Once the run is complete, or the server restarts, this is not known any more. */
inline forget() {
  owed[0] = 0; owed[1] = 0; acked[0] = false; acked[1] = false;
  known[0] = false; known[1] = false; unknown = 0
}

active proctype server() {
  do
  :: atomic { !CUT -> head = 2; printf("server: the cut, p is at position 2\n") }
  :: atomic { IS_COMPLETE && !complete ->
       complete = true; forget(); printf("server: says that the run is complete\n") }
  :: atomic { (gate[0].request == asked || gate[0].request == answering
               || (!complete && MAY_ACK(0) && !acked[ID(0)])) -> serve(0) }
  :: atomic { (gate[1].request == asked || gate[1].request == answering
               || (!complete && MAY_ACK(1) && !acked[ID(1)])) -> serve(1) }
#ifdef SERVER_RESTARTS
  :: atomic {
       printf("server: restarts, and knows of no lease\n");
       forget();
       unknown = (FAULT == restarted_server_forgets || complete -> 0 : SERVER_COUNTS);
       lose_question(0); lose_question(1)
     }
#endif
  od
}

inline take_next(i) {
  if
  :: gate[i].next > gate[i].lease && HAS_REACHED(i, gate[i].next_named) ->
     gate[i].lease = gate[i].next
  :: else
  fi;
  if
  :: HAS_REACHED(i, gate[i].next_named) -> gate[i].next = 0; gate[i].next_named = 0
  :: else
  fi
}

proctype instance(byte i) {
  do
  :: atomic { gate[i].runs && gate[i].request == idle ->
       gate[i].request = asked; gate[i].left = L; printf("instance %d: asks for a lease\n", i) }
  :: atomic { gate[i].runs && gate[i].request == answered ->
       if
       :: FAULT == gate_counts_from_receipt -> gate[i].left = L
       :: else
       fi;
       gate[i].next = gate[i].left;
       gate[i].next_named = (FAULT == counts_before_applied -> 0 : gate[i].named);
       gate[i].request = idle; gate[i].left = 0; gate[i].named = 0;
       take_next(i);
       printf("instance %d: has an answer; ticks left that count: %d, that wait: %d\n",
              i, gate[i].lease, gate[i].next) }
  :: atomic { gate[i].runs && gate[i].position < head ->
       gate[i].position++; take_next(i);
       printf("instance %d: applies position %d\n", i, gate[i].position) }
#ifdef CONNECTIONS
  /* The reader is another process: it goes on where the gate process does not. */
  :: atomic { ACCEPTS(i) && gate[i].position == 1 && !gate[i].open ->
       gate[i].open = true; printf("reader of %d: opens a connection\n", i) }
  :: atomic { gate[i].open && gate[i].position >= 2 ->
       gate[i].open = false; take_next(i); printf("reader of %d: closes the connection\n", i) }
#endif
  :: atomic { gate[i].runs && gate[i].request != idle ->
       gate[i].request = idle; gate[i].left = 0; gate[i].named = 0;
       printf("instance %d: its connection breaks\n", i) }
  od
}

/* Another start: instead of instance 0, or beside it from a copy of its file, which may be old. */
inline start_second() {
  if
  :: gate[1].position = gate[0].position
  :: gate[0].position > 0 -> gate[1].position = gate[0].position - 1
  fi;
  gate[1].runs = true;
  if
  :: printf("instance 1: starts from a copy of the file, at position %d\n", gate[1].position)
  :: printf("instance 1: starts instead of instance 0, at position %d\n", gate[1].position);
     if
     :: FAULT == lease_survives_restart -> gate[1].lease = gate[0].lease
     :: else
     fi;
     gate[0].runs = false; gate[0].lease = 0; gate[0].next = 0; gate[0].next_named = 0;
     gate[0].request = idle; gate[0].left = 0; gate[0].named = 0;
     gate[1].open = gate[0].open; gate[0].open = false
  fi
}

active proctype host() {
#ifdef GATE_RESTARTS
  atomic { !gate[1].runs -> start_second() }
#else
  false
#endif
}

/* Never enabled in a correct model, and then costs no state. */
active proctype attacker() {
  atomic { complete && (ACCEPTS(0) || ACCEPTS(1)) ->
    printf("attacker: gets in after the run was said to be complete\n"); assert(false) }
}

active proctype bound() {
  atomic { IS_TIMED && CUT && since_cut == L + DRIFT && unknown == 0 && !IS_COMPLETE ->
    printf("bound: L and the drift are over, and the run is not complete\n"); assert(false) }
}

#define BY_ACK (IS_COMPLETE && owed[0] > 0 && acked[0] && gate[0].lease > 0)
#define BY_SILENCE (complete && gate[0].position == 1 && gate[0].next > 0)
#define FRESH_LEASE (complete && IS_TIMED && since_cut == L + DRIFT && gate[0].lease > 0)
#define IS_REACHED ((REACH == complete_by_ack && BY_ACK) || \
                    (REACH == complete_by_silence && BY_SILENCE) || \
                    (REACH == fresh_lease_after_complete && FRESH_LEASE))

active proctype reach() {
  atomic { IS_REACHED -> printf("reached\n"); assert(false) }
}

init {
  atomic {
    gate[0].runs = true; gate[0].position = 1;
    gate[0].request = idle; gate[1].request = idle;
    gate[0].steady = L; gate[1].steady = L;
    run instance(0); run instance(1)
  }
}
