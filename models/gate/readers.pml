/* models/gate/readers.pml: one replica file, its gate process, and a reader in another process.
 *
 * Every load and store of a shared word is a step of its own. The words: the watermark that outdates
 * the credential, the position, the end of the lease, the reader's slot (how many connections it
 * holds open or is about to open, and up to which position it has judged them all).
 * Memory is sequentially consistent here: what that asks of the code is in docs/gate-protocol.md.
 *
 * The lease that was granted before the cut ends at FIRST_END; one that names p ends at SECOND_END.
 * FAULT chooses a planted fault, REACH a state that must be reachable; see cases.toml.
 */
#define FIRST_END 2
#define SECOND_END 4
#define TIME_MAX 5

#define none 0
#define acks_before_connections_are_closed 1
#define lease_counts_before_connections_are_closed 2
#define judges_before_it_announces 3
#define clock_is_read_first 4
#define lease_is_read_after_the_words 5
#define position_is_published_before_the_words 6
#define open_connections_need_no_lease 7
#define slow_reader_is_passed_over 8
#define lease_is_published_before_the_words 9
#define acks_beside_a_new_connection 20
#define goes_on_with_the_next_lease 21
#define acks_past_a_dead_reader 22

#ifndef FAULT
#define FAULT none
#endif
#ifndef REACH
#define REACH none
#endif

byte now;

/* The server. */
bool cut;
bool acked;
#define IS_COMPLETE (cut && (acked || now >= FIRST_END))

/* The file. */
bool outdated;                  /* the watermark of p is in its slot */
byte position = 1;
byte lease_end = FIRST_END;
byte open_count;
byte judged_up_to;
bool reader_lives = true;

/* A reader that holds nothing open, or that is no more, holds nobody up. */
#define READERS_ARE_AT_P (open_count == 0 || judged_up_to >= 2 || !reader_lives || FAULT == slow_reader_is_passed_over)

active proctype time() {
  do
  :: atomic { now < TIME_MAX -> now++; printf("time: it is %d\n", now) }
  od
}

active proctype server() {
  atomic { cut = true; printf("server: the cut\n") }
}

/* It may be paused anywhere, or for ever. */
active proctype gate() {
  cut;
  if
  :: FAULT == position_is_published_before_the_words -> position = 2
  :: FAULT == lease_is_published_before_the_words -> lease_end = SECOND_END
  :: else
  fi;
  atomic { outdated = true; printf("gate: writes the words of p\n") }
  atomic { position = 2; printf("gate: publishes position 2\n") }
  do
  :: atomic { !acked && (READERS_ARE_AT_P || FAULT == acks_before_connections_are_closed) ->
       acked = true; printf("gate: acknowledges p\n") }
  :: atomic { lease_end == FIRST_END &&
              (READERS_ARE_AT_P || FAULT == lease_counts_before_connections_are_closed) ->
       lease_end = SECOND_END; printf("gate: publishes the end of a lease that names p\n") }
  od
}

/* One look at the file: lease, position, words, clock; in this order. */
inline look() {
  if
  :: FAULT == clock_is_read_first -> clock = now
  :: else
  fi;
  if
  :: FAULT != lease_is_read_after_the_words -> seen_end = lease_end
  :: else
  fi;
  seen_position = position;
  atomic { seen_outdated = outdated; was_complete = IS_COMPLETE };
  if
  :: FAULT == lease_is_read_after_the_words -> seen_end = lease_end
  :: else
  fi;
  if
  :: FAULT != clock_is_read_first -> clock = now
  :: else
  fi
}

#define PASSES (!seen_outdated && clock < seen_end)

#define forget() seen_end = 0; seen_position = 0; seen_outdated = false; was_complete = false; clock = 0

/* A request that is over once it is judged: it is as old as the look at the words. */
active proctype request() {
  byte clock, seen_end, seen_position;
  bool seen_outdated, was_complete;
  do
  :: look();
     atomic {
       if
       :: PASSES && was_complete ->
          printf("request: passes, judged after the run was complete\n"); assert(false)
       :: else
       fi;
       forget() }
  od
}

inline announce() {
  atomic { open_count = 1; judged_up_to = 0; printf("reader: announces a connection\n") }
}

/* A request that stays open: a stream, an upload, a WebSocket. */
active proctype reader() {
  byte clock, seen_end, seen_position;
  bool seen_outdated, was_complete;
closed:
  if
  :: FAULT != judges_before_it_announces -> announce()
  :: else
  fi;
  look();
  if
  :: FAULT == judges_before_it_announces -> announce()
  :: else
  fi;
  goto judge;
open:
  /* Before each piece it passes on: has the lease ended? */
  seen_end = lease_end;
  atomic {
    if
    :: now < seen_end || FAULT == open_connections_need_no_lease ->
       if
       :: IS_COMPLETE ->
          printf("reader: passes on what comes over a connection, after the run was complete\n");
          assert(false)
       :: else
       fi
    :: else -> printf("reader: the lease has ended, it closes\n"); open_count = 0; forget(); goto closed
    fi }
  if
  :: true -> goto open
  :: true -> look()
  :: true -> goto dead
  fi;
judge:
  atomic {
    if
    :: PASSES || (FAULT == open_connections_need_no_lease && judged_up_to > 0 && !seen_outdated) ->
       judged_up_to = seen_position; forget();
       printf("reader: the connection is open, judged up to position %d\n", judged_up_to); goto open
    :: else -> open_count = 0; forget(); printf("reader: refuses, or closes\n"); goto closed
    fi }
  goto closed;
dead:
  /* Killed: the kernel closes what it held, and nobody clears its slot. */
  atomic { reader_lives = false; forget(); printf("reader: is killed\n") }
}

#define ACKS (acked && open_count == 1 && judged_up_to == 0)
#define GOES_ON (lease_end == SECOND_END && now >= FIRST_END && reader_lives)
#define PAST_DEAD (acked && !reader_lives && open_count == 1)
#define IS_REACHED ((REACH == acks_beside_a_new_connection && ACKS) || \
                    (REACH == goes_on_with_the_next_lease && GOES_ON) || \
                    (REACH == acks_past_a_dead_reader && PAST_DEAD))

active proctype reach() {
  atomic { IS_REACHED -> printf("reached\n"); assert(false) }
}
