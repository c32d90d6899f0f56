/* models/gate/nodes.pml: a server node with a lease from the store, beside one that is always current.
 *
 * Position 1 is there, position 2 is p. The cut commits p in the store, and `home`, the node that made
 * it, knows at once. `node` learns of it later or never, and grants leases to the gate meanwhile, which
 * asks now the one, now the other. The store waits for the node: until it reports that it and its
 * gates are done with p, or until its own lease, and then any lease of a gate that it could have
 * granted, has ended.
 *
 * Both leases last one tick, and DRIFT is one: the clock of the node, and of the gate, may miss every
 * second tick of the store's clock.
 * FAULT chooses a planted fault, REACH a state that must be reachable; see cases.toml.
 */
#define NODE_L 1
#define GATE_L 1
#define DRIFT 1

#define none 0
#define grants_without_a_lease 1
#define node_lease_counts_before_applied 2
#define bound_is_not_the_sum 3
#define looks_at_its_lease_before_the_question 4
#define restarted_node_forgets 5
#define reports_without_its_gates 6
#define waits_for_home_only 7
#define complete_by_reports 20
#define complete_without_a_node 21

#ifndef FAULT
#define FAULT none
#endif
#ifndef REACH
#define REACH none
#endif

mtype = { idle, asked, checked, answered };

typedef Node {
  byte position;
  byte lease;               /* ticks left on the node's clock */
  byte next;                /* ticks left of a lease whose position is not applied yet */
  byte next_named;
  mtype request;            /* to the store */
  byte left;
  byte named;
  byte owed;                /* ticks until every lease that it granted below p has ended */
  bool acked;               /* the gate told this node that it has p */
  bool steady;              /* its clock did not miss the last tick */
  bool may_grant;           /* of use to a fault only */
};

Node node;
byte home_owed;             /* ticks until every lease that `home` granted below p has ended */
bool home_acked;

/* The store. */
byte head = 1;
byte owed;                  /* ticks until all that the node could have granted below p has ended */
bool reported;
bool complete;
byte since_cut;             /* ticks, where the scenario is TIMED */

/* The gate. */
byte position = 1;
byte lease;
byte next;
byte next_named;
mtype request = idle;       /* to `home`, or to the node */
bool to_home;
byte left;
byte named;
bool steady = true;

#define CUT (head == 2)
#ifdef TIMED
#define IS_TIMED true
#else
#define IS_TIMED false
#endif
/* Smaller, where a fault shows without them: clocks that agree, and a gate that knows one node only. */
#ifdef STEADY
#define MISSES false
#else
#define MISSES true
#endif
#ifdef ALONE
#define KNOWS_HOME false
#else
#define KNOWS_HOME true
#endif
#define NODE_OWED (FAULT == bound_is_not_the_sum -> NODE_L + DRIFT : NODE_L + DRIFT + GATE_L + DRIFT)
#define BOUND (NODE_L + DRIFT + GATE_L + DRIFT)
#define HOME_IS_DONE (home_owed == 0 || home_acked)
#define NODE_IS_DONE (owed == 0 || reported || FAULT == waits_for_home_only)
#define IS_COMPLETE (CUT && HOME_IS_DONE && NODE_IS_DONE)
#define ACCEPTS (lease > 0 && position < 2)

inline tick(counter) {
  if
  :: counter > 0 -> counter--
  :: else
  fi
}

/* What a clock did before anything was counted on it does not matter. */
#define NODE_COUNTS (node.lease > 0 || node.next > 0 || node.left > 0 || node.owed > 0)
#define GATE_COUNTS (lease > 0 || next > 0 || left > 0)

inline tick_node() {
  if
  :: !NODE_COUNTS -> node.steady = true
  :: MISSES && NODE_COUNTS && node.steady -> node.steady = false; printf("node: its clock misses a tick\n")
  :: NODE_COUNTS ->
     node.steady = true;
     tick(node.lease); tick(node.next); tick(node.left); tick(node.owed)
  fi
}

/* What a node owes to its gates is counted on its own clock, which may be the slow one. */
active proctype time() {
  do
  :: atomic {
       printf("time: a tick\n");
       tick(owed); tick(home_owed);
       if
       :: CUT && IS_TIMED && since_cut < BOUND -> since_cut++
       :: else
       fi;
       tick_node();
       if
       :: !GATE_COUNTS -> steady = true
       :: MISSES && GATE_COUNTS && steady -> steady = false; printf("gate: its clock misses a tick\n")
       :: GATE_COUNTS -> steady = true; tick(lease); tick(next); tick(left)
       fi
     }
  od
}

inline lend() {
  if
  :: !CUT -> owed = NODE_OWED
  :: else
  fi;
  node.request = answered; node.named = head;
  printf("store: lends the node a lease at position %d\n", head)
}

active proctype store() {
  do
  :: atomic { !CUT -> head = 2; printf("store: the cut, p is at position 2\n") }
  :: atomic { IS_COMPLETE && !complete -> complete = true; printf("store: the run is complete\n") }
  :: atomic { node.request == asked -> lend() }
  od
}

inline take_next() {
  if
  :: node.position >= node.next_named ->
     if
     :: node.next > node.lease -> node.lease = node.next
     :: else
     fi;
     node.next = 0; node.next_named = 0
  :: else
  fi
}

/* The node has received the question; now it looks at its lease, and notes what it is about to owe. */
inline check() {
  if
  :: node.lease > 0 || FAULT == grants_without_a_lease || node.may_grant ->
     node.may_grant = false;
     if
     :: node.position < 2 -> node.owed = GATE_L + DRIFT
     :: else
     fi;
     named = node.position; request = checked;
     printf("node: may grant, at position %d\n", named)
  :: else -> request = idle; left = 0; printf("node: has no lease, and grants none\n")
  fi
}

#define ITS_GATES_ARE_DONE (node.acked || node.owed == 0 || FAULT == reports_without_its_gates)

active proctype server() {
  node.position = 1; node.request = idle; node.steady = true;
  do
  :: atomic { node.request == idle ->
       node.request = asked; node.left = NODE_L; printf("node: asks the store\n") }
  :: atomic { node.request == answered ->
       node.next = node.left;
       node.next_named = (FAULT == node_lease_counts_before_applied -> 0 : node.named);
       node.request = idle; node.left = 0; node.named = 0;
       take_next();
       printf("node: has an answer; ticks left that count: %d\n", node.lease) }
  :: atomic { node.position < head ->
       node.position++; take_next(); printf("node: applies p\n") }
  :: atomic { node.request != idle ->
       node.request = idle; node.left = 0; node.named = 0;
       printf("node: loses the store\n") }
  :: atomic { FAULT == looks_at_its_lease_before_the_question && node.lease > 0 ->
       node.may_grant = true; printf("node: sees that it has a lease\n") }
  :: atomic { request == asked && !to_home -> check() }
  :: atomic { request == checked && !to_home ->
       request = answered; printf("node: answers the gate\n") }
  :: atomic { position >= 2 && !node.acked ->
       node.acked = true; printf("node: hears that the gate has p\n") }
  :: atomic { node.position >= 2 && !reported && ITS_GATES_ARE_DONE ->
       reported = true; printf("node: reports that it and its gates are done with p\n") }
#ifdef NODE_RESTARTS
  :: atomic {
       printf("node: restarts\n");
       node.lease = 0; node.next = 0; node.next_named = 0; node.request = idle;
       node.left = 0; node.named = 0; node.acked = false; node.may_grant = false;
       node.owed = (FAULT == restarted_node_forgets -> 0 : GATE_L + DRIFT);
       if
       :: node.position = 1
       :: true
       fi }
#endif
  od
}

inline take() {
  if
  :: position >= next_named ->
     if
     :: next > lease -> lease = next
     :: else
     fi;
     next = 0; next_named = 0
  :: else
  fi
}

active proctype home() {
  do
  :: atomic { request == asked && to_home ->
       if
       :: !CUT -> home_owed = GATE_L + DRIFT
       :: else
       fi;
       named = head; request = answered; printf("home: grants a lease at position %d\n", head) }
  :: atomic { position >= 2 && !home_acked ->
       home_acked = true; printf("home: hears that the gate has p\n") }
  od
}

active proctype gate() {
  do
  :: atomic { request == idle ->
       request = asked; left = GATE_L;
       if
       :: to_home = false; printf("gate: asks the node for a lease\n")
       :: KNOWS_HOME -> to_home = true; printf("gate: asks home for a lease\n")
       fi }
  :: atomic { request == answered ->
       next = left; next_named = named; request = idle; left = 0; named = 0;
       take();
       printf("gate: has an answer; ticks left that count: %d\n", lease) }
  :: atomic { position < head ->
       position = 2; take(); printf("gate: applies p\n") }
  :: atomic { request != idle ->
       request = idle; left = 0; named = 0; printf("gate: its connection breaks\n") }
  od
}

active proctype attacker() {
  atomic { complete && ACCEPTS ->
    printf("attacker: gets in after the run was said to be complete\n"); assert(false) }
}

active proctype bound() {
  atomic { IS_TIMED && CUT && since_cut == BOUND && !IS_COMPLETE ->
    printf("bound: the sum of both leases is over, and the run is not complete\n"); assert(false) }
}

#define BY_REPORTS (complete && reported && owed > 0)
#define WITHOUT_A_NODE (complete && !reported && node.position == 1 && node.next > 0 && lease > 0)
#define IS_REACHED ((REACH == complete_by_reports && BY_REPORTS) || \
                    (REACH == complete_without_a_node && WITHOUT_A_NODE))

active proctype reach() {
  atomic { IS_REACHED -> printf("reached\n"); assert(false) }
}
