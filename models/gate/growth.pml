/* models/gate/growth.pml: the gate replaces the replica file by a new one while readers read.
 *
 * File 0 is there, file 1 is the new one. The gate builds it beside the old one, renames it over the
 * path, and marks the old one as superseded; from then on it writes into the new one only. It applies
 * p at any moment of that. A reader has a file mapped, perhaps the old one for ever.
 * Every load and store of a shared word is a step of its own; there is one lease, which does not end.
 * FAULT chooses a planted fault, REACH a state that must be reachable; see cases.toml.
 */
#define none 0
#define mark_is_read_before_the_words 1
#define old_file_is_left_before_the_mark 2
#define slots_of_the_old_file_are_forgotten 3
#define new_file_misses_what_came_meanwhile 4
#define moves_and_acks 20
#define acks_before_the_move 21

#ifndef FAULT
#define FAULT none
#endif
#ifndef REACH
#define REACH none
#endif

byte path;                       /* the file that is at the path */
bool superseded[2];
bool outdated[2];                /* the watermark of p is in its slot */
byte position[2];
byte open_count[2];              /* the reader's slot in each file */
byte judged_up_to[2];

bool cut;
bool applied;                    /* the gate has done what it must before it asks whether readers are there */
bool acked;

#define IS_CLEAR(f) (open_count[f] == 0 || judged_up_to[f] >= 2)
#define READERS_ARE_AT_P (IS_CLEAR(1) && \
                          (IS_CLEAR(0) || (FAULT == slots_of_the_old_file_are_forgotten && superseded[0])))

active proctype server() {
  atomic { cut = true; printf("server: the cut\n") }
}

inline write(f) {
  atomic { outdated[f] = true; printf("gate: writes the words of p into file %d\n", f) }
  atomic { position[f] = 2; printf("gate: publishes position 2 in file %d\n", f) }
}

inline mark() {
  atomic { superseded[0] = true; printf("gate: marks the old file as superseded\n") }
}

inline replace() {
  atomic { path = 1; printf("gate: puts the new file into place\n") }
}

/* p comes before the new file is built, while it is being built, or after it was put into place. */
active proctype gate() {
  position[0] = 1;
  if
  :: cut -> write(0); applied = true; outdated[1] = true; position[1] = 2; replace(); mark()
  :: position[1] = 1;
     if
     :: cut -> write(0); applied = true;
        if
        :: FAULT != new_file_misses_what_came_meanwhile -> write(1)
        :: else
        fi;
        replace(); mark()
     :: replace();
        if
        :: FAULT != old_file_is_left_before_the_mark -> mark(); cut; write(1); applied = true
        :: else -> cut; write(1); applied = true; mark()
        fi
     fi
  fi
}

active proctype acknowledging() {
  atomic { applied && READERS_ARE_AT_P -> acked = true; printf("gate: acknowledges p\n") }
}

/* One look at file f: the words, and then whether it still is the file. */
inline look(f) {
  if
  :: FAULT == mark_is_read_before_the_words -> seen_superseded = superseded[f]
  :: else
  fi;
  seen_position = position[f];
  atomic { seen_outdated = outdated[f]; was_complete = acked };
  if
  :: FAULT != mark_is_read_before_the_words -> seen_superseded = superseded[f]
  :: else
  fi
}

#define forget() seen_position = 0; seen_outdated = false; seen_superseded = false; was_complete = false

active proctype request() {
  byte file, seen_position;
  bool seen_outdated, seen_superseded, was_complete;
  do
  :: look(file);
     atomic {
       if
       :: !seen_outdated && !seen_superseded && was_complete ->
          printf("request: passes by file %d, judged after the acknowledgement\n", file); assert(false)
       :: else
       fi;
       if
       :: seen_superseded -> file = path
       :: else
       fi;
       forget() }
  od
}

/* Holds one connection open, and moves to the new file: announced there before it is gone here. */
active proctype reader() {
  byte file, seen_position;
  bool seen_outdated, seen_superseded, was_complete;
  atomic { file = path; open_count[file] = 1; judged_up_to[file] = 0;
           printf("reader: announces a connection in file %d\n", file) }
judge:
  look(file);
  atomic {
    if
    :: seen_superseded && file == 0 -> forget(); goto move
    :: !seen_superseded && seen_outdated ->
       open_count[file] = 0; forget(); printf("reader: refuses, or closes\n"); goto done
    :: else ->
       judged_up_to[file] = seen_position; forget();
       printf("reader: the connection is open, judged up to position %d by file %d\n", judged_up_to[file], file)
    fi }
  /* Passing something on is right unless the entry was acknowledged. */
  atomic {
    if
    :: acked -> printf("reader: passes on what comes over a connection, after the acknowledgement\n"); assert(false)
    :: else
    fi }
  goto judge;
move:
  atomic { open_count[1] = 1; judged_up_to[1] = 0; printf("reader: announces its connection in the new file\n") }
  atomic { open_count[0] = 0; file = 1 }
  goto judge;
done:
  skip
}

#define MOVES (acked && superseded[0] && open_count[1] == 1 && open_count[0] == 1)
#define BEFORE (acked && open_count[0] == 0 && !superseded[0])
#define IS_REACHED ((REACH == moves_and_acks && MOVES) || \
                    (REACH == acks_before_the_move && BEFORE))

active proctype reach() {
  atomic { IS_REACHED -> printf("reached\n"); assert(false) }
}
