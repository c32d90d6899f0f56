/* models/gate/fence.pml: a server restored from a backup, and the fence that ends it.
 *
 * Positions are (generation, sequence). In generation 1, sequence 1 is in the backup; sequence 2 is
 * the block of U, which the restore loses. The restored server may go on: its own sequence 2 asks V to
 * sign in again, and 3 is anything. Which of the two histories a sequence belongs to is in the chain
 * hash: here the bit `other`. Generation 2 begins with the fence; its sequence 0 outdates every stamp
 * of generation 1.
 *
 * A gate's `proved` is the newest position that it can show with the server's signature. A rogue has
 * credentials of a gate and may claim what it likes, or show what it once was given.
 * Time is not here: that a lease ends, and that the server waits for it, is in leases.pml.
 * FAULT chooses a planted fault, REACH a state that must be reachable; see cases.toml.
 */
#define GATES 2
#define LAST 3

#define none 0
#define fence_keeps_older_stamps 1
#define positions_compare_by_sequence 2
#define chain_is_not_compared 3
#define only_the_greeting_is_signed 4
#define unsigned_claims_are_believed 5
#define old_proof_stops_again 6
#define blocks_are_not_carried_over 7
#define late_gate_is_not_asked 8
#define fence_forgets_leases 9
#define snapshot_before_blocks_are_written 10
#define fenced_and_complete 20
#define rollback_is_proved_by_the_chain 21
#define goes_on_after_the_fence 22
#define limit_before_the_proof 23

#ifndef FAULT
#define FAULT none
#endif
#ifndef REACH
#define REACH none
#endif

typedef Gate {
  byte generation;
  byte sequence;
  bool other;               /* sequences from 2 on are of the restored server's history */
  byte proved;
  bool proved_other;
  bool linked;              /* has greeted, and gets entries */
  bool lease;               /* one that counts */
  bool answer;              /* one on its way */
  byte answer_generation;
  byte answer_sequence;
  bool blocks_u;
  bool reauth_v;
};

/* The server. */
byte generation = 1;
byte head = 1;
bool restored;
bool stopped;
bool u_is_blocked;          /* in the journal of this generation */
bool handed_u;              /* of use to a fault only: handed over, and not written yet */
bool acked_v[GATES];
bool owed[GATES];           /* a lease of before the fence may be alive */
bool acked_fence[GATES];

Gate gate[GATES];

bool was_held[GATES];       /* ghost: the gate had the block of U */
bool overlooked;            /* ghost: a gate that was ahead greeted, and the server went on */

#define IS_FENCED (generation == 2)
#define IS_AHEAD(i) (gate[i].sequence > head)
#define IS_ELSEWHERE(i) (gate[i].sequence >= 2 && gate[i].other != restored)
#define DIFFERS(i) (IS_AHEAD(i) || (FAULT != chain_is_not_compared && IS_ELSEWHERE(i)))
#define PROVES(i) (gate[i].proved > head || \
                   (FAULT != chain_is_not_compared && gate[i].proved >= 2 && \
                    gate[i].proved_other != restored))
#define FENCE_IS_COMPLETE (IS_FENCED && (!owed[0] || acked_fence[0]) && (!owed[1] || acked_fence[1]))

#define NOT_BEFORE(g, s, h, t) (FAULT == positions_compare_by_sequence \
                                -> (s) >= (t) : ((g) > (h) || ((g) == (h) && (s) >= (t))))
/* A credential with the stamp (1, 1), of nobody that an entry names. */
#define ACCEPTS_OLD(i) (gate[i].lease && (gate[i].generation == 1 || FAULT == fence_keeps_older_stamps))

inline forget_link(i) {
  gate[i].linked = false; gate[i].answer = false;
  gate[i].answer_generation = 0; gate[i].answer_sequence = 0
}

/* The gate turns to the new generation: an empty replica, in which blocks are carried over. */
inline turn(i) {
  gate[i].generation = 2; gate[i].sequence = 0; gate[i].other = false;
  gate[i].proved = 0; gate[i].proved_other = false; gate[i].reauth_v = false;
  if
  :: FAULT == blocks_are_not_carried_over -> gate[i].blocks_u = false
  :: else
  fi
}

inline greet(i) {
  if
  :: gate[i].generation == 1 && !IS_FENCED && PROVES(i) ->
     stopped = true; u_is_blocked = u_is_blocked || gate[i].blocks_u;
     printf("server: gate %d proves that this server was rolled back; it stops\n", i)
  :: gate[i].generation == 1 && !IS_FENCED && !PROVES(i) && DIFFERS(i) ->
     overlooked = true; printf("gate %d: knows better than the server, and cannot prove it\n", i)
  :: gate[i].generation == 1 && !IS_FENCED && !PROVES(i) && !DIFFERS(i) ->
     gate[i].linked = true; gate[i].proved = (head < gate[i].sequence -> head : gate[i].sequence);
     gate[i].proved_other = (gate[i].proved >= 2 && restored);
     printf("gate %d: goes on from sequence %d\n", i, gate[i].sequence)
  :: gate[i].generation == 1 && IS_FENCED ->
     if
     :: FAULT != late_gate_is_not_asked && FAULT != snapshot_before_blocks_are_written ->
        u_is_blocked = u_is_blocked || gate[i].blocks_u
     :: FAULT == snapshot_before_blocks_are_written -> handed_u = handed_u || gate[i].blocks_u
     :: else
     fi;
     turn(i); gate[i].linked = true;
     printf("gate %d: hands over its blocks, and turns to generation 2\n", i)
  :: gate[i].generation == 2 -> gate[i].linked = true; printf("gate %d: goes on in generation 2\n", i)
  fi
}

inline grant(i) {
  gate[i].answer = true; gate[i].answer_generation = generation; gate[i].answer_sequence = head;
  if
  :: !IS_FENCED -> owed[i] = true
  :: else
  fi;
  printf("server: grants gate %d a lease at %d.%d\n", i, generation, head)
}

inline receive(i) {
  if
  :: NOT_BEFORE(gate[i].generation, gate[i].sequence, gate[i].answer_generation, gate[i].answer_sequence) ->
     gate[i].lease = true; printf("gate %d: has a lease that counts\n", i)
  :: else -> printf("gate %d: has a lease that waits\n", i)
  fi;
  gate[i].answer = false; gate[i].answer_generation = 0; gate[i].answer_sequence = 0
}

inline apply(i) {
  gate[i].sequence++;
  if
  :: gate[i].generation == 1 && gate[i].sequence == 2 && !restored ->
     gate[i].blocks_u = true; was_held[i] = true
  :: gate[i].generation == 1 && gate[i].sequence == 2 && restored ->
     gate[i].reauth_v = true; gate[i].other = true
  :: gate[i].generation == 1 && gate[i].sequence == 3 -> gate[i].other = restored
  :: else
  fi;
  if
  :: FAULT != only_the_greeting_is_signed && gate[i].generation == 1 ->
     gate[i].proved = gate[i].sequence; gate[i].proved_other = (gate[i].sequence >= 2 && restored)
  :: else
  fi;
  printf("gate %d: applies %d.%d\n", i, gate[i].generation, gate[i].sequence)
}

active proctype server() {
  do
  :: atomic { !IS_FENCED && !stopped && head < (restored -> LAST : 2) ->
       head++; printf("server: position 1.%d is committed\n", head) }
  :: atomic { !IS_FENCED && !restored && head == 2 ->
       restored = true; head = 1; acked_v[0] = false; acked_v[1] = false;
       forget_link(0); forget_link(1);
       printf("server: is restored from a backup of position 1.1\n") }
  :: atomic { handed_u -> handed_u = false; u_is_blocked = true; printf("server: writes the block of U\n") }
  :: atomic { stopped && !IS_FENCED ->
       generation = 2; head = 0; stopped = false;
       if
       :: FAULT == fence_forgets_leases -> owed[0] = false; owed[1] = false
       :: else
       fi;
       printf("operator: fences, which begins generation 2\n") }
  od
}

/* A gate. Its replica may be behind, its links may break, its lease may end at any moment. */
proctype process(byte i) {
  do
  :: atomic { !gate[i].linked -> greet(i) }
  :: atomic { gate[i].linked -> forget_link(i); printf("gate %d: its connection breaks\n", i) }
  :: atomic { gate[i].linked && !stopped && !gate[i].answer -> grant(i) }
  :: atomic { gate[i].answer -> receive(i) }
  :: atomic { gate[i].linked && gate[i].generation == generation && gate[i].sequence < head -> apply(i) }
  :: atomic { gate[i].linked && gate[i].generation == 2 && gate[i].blocks_u != u_is_blocked ->
       gate[i].blocks_u = u_is_blocked; was_held[i] = was_held[i] || u_is_blocked;
       printf("gate %d: installs a snapshot of generation 2, in which blocked is %d\n", i, u_is_blocked) }
  :: atomic { gate[i].lease || gate[i].answer || owed[i] ->
       gate[i].lease = false; gate[i].answer = false; owed[i] = false;
       gate[i].answer_generation = 0; gate[i].answer_sequence = 0;
       printf("gate %d: its lease ends, and the server knows that it must have\n", i) }
  :: atomic { gate[i].linked && restored && gate[i].generation == 1 && gate[i].sequence >= 2 && !acked_v[i] ->
       acked_v[i] = true; printf("server: hears that gate %d has the entry of V\n", i) }
  :: atomic { gate[i].linked && gate[i].generation == 2 && IS_FENCED && !acked_fence[i] ->
       acked_fence[i] = true; printf("server: hears that gate %d is in generation 2\n", i) }
  od
}

active proctype rogue() {
  do
  :: atomic { FAULT == unsigned_claims_are_believed && !stopped ->
       stopped = true; printf("rogue: claims a position that nobody signed, and is believed\n") }
  :: atomic { (was_held[0] || was_held[1]) && !stopped && (!IS_FENCED || FAULT == old_proof_stops_again) &&
              restored ->
       stopped = true; printf("rogue: shows what was signed for position 1.2\n") }
  od
}

#define IS_STOPPED_FOR_NOTHING (stopped && (!restored || IS_FENCED))
#define OLD_GETS_IN(i) (ACCEPTS_OLD(i) && (gate[i].generation == 2 || FENCE_IS_COMPLETE))
#define V_GETS_IN(i) (acked_v[i] && gate[i].generation == 1 && !gate[i].reauth_v)
#define U_GETS_IN(i) (was_held[i] && !gate[i].blocks_u)
#define U_IS_FREE_AGAIN(i) (was_held[i] && acked_fence[i] && !u_is_blocked)

active proctype attacker() {
  atomic { (OLD_GETS_IN(0) || OLD_GETS_IN(1)) ->
    printf("attacker: gets in with a stamp of generation 1\n"); assert(false) }
}

active proctype attacker_as_v() {
  atomic { (V_GETS_IN(0) || V_GETS_IN(1)) ->
    printf("attacker: gets in as V, after the acknowledgement of V's entry\n"); assert(false) }
}

active proctype attacker_as_u() {
  atomic { (U_GETS_IN(0) || U_GETS_IN(1) || U_IS_FREE_AGAIN(0) || U_IS_FREE_AGAIN(1)) ->
    printf("attacker: is U, and is not blocked any more\n"); assert(false) }
}

active proctype contract() {
  atomic { (overlooked || IS_STOPPED_FOR_NOTHING) ->
    printf("contract: the server goes on though a gate was ahead, or has stopped for nothing\n");
    assert(false) }
}

#define FENCED (FENCE_IS_COMPLETE && acked_fence[0] && acked_fence[1] && u_is_blocked)
#define BY_CHAIN (stopped && head == LAST)
#define GOES_ON (gate[0].generation == 2 && gate[0].answer_generation == 2)
/* What is not prevented: see docs/gate-protocol.md. */
#define LIMIT (restored && !stopped && was_held[0] && !was_held[1] && gate[1].answer)
#define IS_REACHED ((REACH == limit_before_the_proof && LIMIT) || \
                    (REACH == fenced_and_complete && FENCED) || \
                    (REACH == rollback_is_proved_by_the_chain && BY_CHAIN) || \
                    (REACH == goes_on_after_the_fence && GOES_ON))

active proctype reach() {
  atomic { IS_REACHED -> printf("reached\n"); assert(false) }
}

init {
  atomic {
    gate[0].generation = 1; gate[0].sequence = 1;
    gate[1].generation = 1; gate[1].sequence = 1;
    run process(0); run process(1)
  }
}
