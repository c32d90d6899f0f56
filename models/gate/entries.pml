/* models/gate/entries.pml: how entries reach a replica, and what a gate may acknowledge.
 *
 * Journal: 1 blocks key K, 2 asks key M to sign in again, 3 unblocks K, 4 asks K to sign in again, 5
 * blocks K again, 6 for another reason, 7 ends the first of these two holds. Entries flow in order over
 * one connection; what takes access away may be sent once more ahead of its turn (here 1, 4 and 5); a
 * connection may begin with a snapshot. Connections break at any moment, and what was in them is lost.
 * There is no time here: leases are in leases.pml.
 *
 * Of K the replica has the newest reauth (each block is one) and the blocked bit. Of M one bit.
 * FAULT chooses a planted fault, REACH a state that must be reachable; see cases.toml.
 */
#define LAST 7

#define none 0
#define acks_the_highest 1
#define unblock_in_any_order 2
#define applies_what_it_has_again 3
#define snapshot_counts_when_begun 4
#define snapshot_forgets_what_came_early 5
#define gap_is_not_noticed 6
#define snapshot_names_a_later_position 7
#define everything_is_acked 20
#define urgent_overtakes 21
#define snapshot_beside_urgent 22

#ifndef FAULT
#define FAULT none
#endif
#ifndef REACH
#define REACH none
#endif

/* What is so in the journal at position p. */
#define REAUTH_AT(p) ((p) >= 6 -> 6 : ((p) >= 4 -> (p) : ((p) >= 1 -> 1 : 0)))
#define BLOCKED_AT(p) ((p) == 1 || (p) == 2 || (p) >= 5)
#define M_AT(p) ((p) >= 2)
#define IS_REAUTH(p) ((p) == 1 || (p) >= 4 && (p) <= 6)
#define IS_UNBLOCK(p) ((p) == 3 || (p) == 7)

mtype = { entry, urgent, begin, end };

byte head;                                  /* of the journal */
byte acked;                                 /* what the server has heard */

/* The connection, and the server's side of it. */
bool connected;
chan link = [3] of { mtype, byte, byte };   /* position, and what a snapshot was made of */
byte cursor;                                /* sent in order so far */
bool sends_snapshot;
bool sent_early[LAST + 1];

/* The gate. */
byte position;                              /* contiguous: what may be acknowledged */
byte reauth;
bool blocked;
bool m;
byte early;                                 /* ghost: newest entry of K that was applied ahead of its turn */
bool installing;
bool shrank;                                /* ghost: a watermark went back */

/* An entry says whether K is blocked after it. Only one that is newer than the newest reauth of K may
   change that. */
inline apply(p) {
  if
  :: p == 2 -> m = true
  :: p != 2 ->
     if
     :: p > reauth || FAULT == applies_what_it_has_again || (FAULT == unblock_in_any_order && IS_UNBLOCK(p)) ->
        blocked = BLOCKED_AT(p)
     :: else
     fi;
     if
     :: IS_REAUTH(p) && p > reauth -> reauth = p
     :: else
     fi
  fi
}

inline take_entry(p) {
  if
  :: p == position + 1 -> apply(p); position = p
  :: p > position + 1 && FAULT == gap_is_not_noticed -> apply(p); position = p
  :: p > position + 1 && FAULT != gap_is_not_noticed -> disconnect()
  :: p <= position -> skip
  fi
}

inline take_urgent(p) {
  if
  :: p > position || FAULT == applies_what_it_has_again ->
     apply(p);
     if
     :: p > position && p > early -> early = p
     :: else
     fi;
     if
     :: FAULT == acks_the_highest && p > position -> position = p
     :: else
     fi
  :: else
  fi
}

/* A snapshot that names position p, made of the state at `from`: what of it is not older than what is
   here. */
inline install(p, from) {
  if
  :: p > position || FAULT == snapshot_counts_when_begun ->
     if
     :: p >= reauth || FAULT == snapshot_forgets_what_came_early ->
        shrank = REAUTH_AT(from) < reauth;
        reauth = REAUTH_AT(from); blocked = BLOCKED_AT(from)
     :: else
     fi;
     m = m || M_AT(from);
     if
     :: p > position -> position = p
     :: else
     fi
  :: else
  fi
}

inline disconnect() {
  connected = false; sends_snapshot = false; installing = false;
  sent_early[1] = false; sent_early[4] = false; sent_early[5] = false;
  do
  :: nempty(link) -> link?_,_,_
  :: empty(link) -> break
  od
}

/* At contiguous position P the replica is the journal at P, and what came early since. */
#define NEWEST (early > position -> early : position)
#define IS_EXACT (reauth == REAUTH_AT(NEWEST) && blocked == BLOCKED_AT(NEWEST) && m == M_AT(position))

active proctype server() {
  do
  :: atomic { head < LAST -> head++; printf("server: position %d is committed\n", head) }
  :: atomic { !connected ->
       connected = true;
       if
       :: cursor = (FAULT == gap_is_not_noticed -> cursor : position);
          printf("server: goes on from position %d\n", cursor)
       :: head > position ->
          sends_snapshot = true; cursor = head; link!begin,cursor,0;
          printf("server: begins a snapshot of position %d\n", cursor)
       fi }
  :: atomic { connected && sends_snapshot && nfull(link) ->
       sends_snapshot = false;
       if
       :: FAULT == snapshot_names_a_later_position -> link!end,head,cursor; cursor = head
       :: else -> link!end,cursor,cursor
       fi;
       printf("server: ends the snapshot\n") }
  :: atomic { connected && !sends_snapshot && cursor < head && nfull(link) ->
       cursor++; link!entry,cursor,0; printf("server: sends position %d\n", cursor) }
  :: atomic { connected && nfull(link) && head >= 1 && !sent_early[1] ->
       sent_early[1] = true; link!urgent,1,0; printf("server: sends position 1 urgently\n") }
  :: atomic { connected && nfull(link) && head >= 4 && !sent_early[4] ->
       sent_early[4] = true; link!urgent,4,0; printf("server: sends position 4 urgently\n") }
  :: atomic { connected && nfull(link) && head >= 5 && !sent_early[5] ->
       sent_early[5] = true; link!urgent,5,0; printf("server: sends position 5 urgently\n") }
  :: atomic { acked != position -> acked = position; printf("server: hears the acknowledgement of %d\n", acked) }
  od
}

active proctype gate() {
  byte p, from;
  do
  :: atomic { connected && link?[entry,_,_] ->
       link?entry,p,_; printf("gate: gets position %d\n", p); take_entry(p); p = 0 }
  :: atomic { connected && link?[urgent,_,_] ->
       link?urgent,p,_; printf("gate: gets position %d urgently\n", p); take_urgent(p); p = 0 }
  :: atomic { connected && link?[begin,_,_] ->
       link?begin,p,_; installing = true; printf("gate: gets the first part of a snapshot of %d\n", p);
       if
       :: FAULT == snapshot_counts_when_begun && p > position -> position = p
       :: else
       fi;
       p = 0 }
  :: atomic { connected && link?[end,_,_] ->
       link?end,p,from; printf("gate: has the whole snapshot of %d\n", p); install(p, from);
       installing = false; p = 0; from = 0 }
  od
}

active proctype network() {
  do
  :: atomic { connected -> printf("network: the connection breaks\n"); disconnect() }
  od
}

/* Never enabled in a correct model. Forged: signed with a withdrawn key, so it has any stamp it likes. */
#define OLD_OF_K_GETS_IN ((acked >= 5 && reauth < 5) || (acked >= 1 && reauth < 1))
#define FORGED_GETS_IN (acked >= 5 && !blocked)
#define OLD_OF_M_GETS_IN (acked >= 2 && !m)

active proctype attacker() {
  atomic { (OLD_OF_K_GETS_IN || FORGED_GETS_IN || OLD_OF_M_GETS_IN) ->
    printf("attacker: gets in with what an acknowledged entry outdates\n"); assert(false) }
}

active proctype contract() {
  atomic { (shrank || (!IS_EXACT && FAULT != acks_the_highest)) ->
    printf("contract: position %d, newest reauth %d, blocked %d: not the journal, or a watermark went back\n",
           position, reauth, blocked);
    assert(false) }
}

#define IS_REACHED ((REACH == everything_is_acked && acked == LAST) || \
                    (REACH == urgent_overtakes && position == 0 && reauth == 5 && blocked) || \
                    (REACH == snapshot_beside_urgent && installing && early > position && early == 5))

active proctype reach() {
  atomic { IS_REACHED -> printf("reached\n"); assert(false) }
}
