// integrations/libcurfew/include/curfew/curfew.h: judge access tokens beside a Curfew gate, by its
// replica of what was revoked.
//
// The gate's process (curfew-gate) keeps a replica file up to date; this library reads it, where it
// lies, at each check. No request leaves the machine, and what was revoked is refused from the
// moment that its entry is in the file, whatever a token says and whatever was checked before.
//
// Rules of this interface
//   - Fails closed: a decision is live only if everything was checked and held. Whatever a function
//     returns, a request goes on only if curfew_decision_is_live() says so.
//   - Handles are opaque. A curfew_gate may be used by any number of threads at once; a
//     curfew_decision, and a curfew_connections with all of its connections, by one at a time.
//   - Text is UTF-8. Text that goes in with a length need not end with a zero byte; text that comes
//     out always does. What goes in is read during the call alone, and copied where it is kept.
//   - Structures begin with `size`. Set it with the INIT macro: a library that is newer than the
//     program takes members that the program does not know as zero; one that is older refuses
//     members that are set and that it does not know.
//   - Errors are a code, and words for an operator in a buffer of the caller (cut to fit, always
//     ended with a zero byte; NULL and 0 for none). They never contain a token.
//   - No exception leaves the library, and it makes no thread, sets no signal and prints nothing.
//   - After fork() a child may go on using a curfew_gate that it inherited if no other thread was
//     in a call at that time; DPoP proofs are then remembered in each process by itself. A
//     curfew_connections is of the process that made it: make one in each.
//
// docs/libcurfew.md has more, curfew(3) the same in short. What was in a version of the ABI stays.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CURFEW_ABI_VERSION 1
#define CURFEW_API __attribute__((visibility("default")))

/* Of the library that is loaded. A program needs one whose ABI version is its own or higher. */
CURFEW_API uint32_t curfew_abi_version(void);
CURFEW_API const char* curfew_version(void); /* "0.1.0" */

typedef int32_t curfew_code;
#define CURFEW_OK 0
#define CURFEW_INVALID_ARGUMENT 1 /* the caller's mistake: NULL, a size, a malformed option */
#define CURFEW_UNAVAILABLE 2      /* no replica or no table of readers that may be used */
#define CURFEW_EXHAUSTED 3        /* no memory, or every reader's seat is taken */
#define CURFEW_INTERNAL 4         /* a fault of this library */

/* ---- configuration ------------------------------------------------------------------------- */

/* What a token must be for. Lists of nothing ask for nothing, but for audiences: without one no
 * token is accepted. */
typedef struct curfew_rules {
  size_t size;
  const char* const* audiences; /* `aud` is, or holds, one of them */
  size_t audience_count;
  /* A person's token (delegated) has every scope in `scp`; where only roles are given, one of the
   * roles in `roles`. */
  const char* const* scopes;
  size_t scope_count;
  /* An application's own token has one of the roles in `roles`; where only scopes are given, it is
   * refused. */
  const char* const* roles;
  size_t role_count;
  uint64_t flags; /* CURFEW_RULES_... */
} curfew_rules;
#define CURFEW_RULES_INIT {sizeof(curfew_rules), NULL, 0, NULL, 0, NULL, 0, 0}

/* Without a valid lease nobody passes, and what is open is handed out to be closed, also at a gate
 * that is best effort. There is no flag for the opposite: nobody makes a strict gate looser. */
#define CURFEW_RULES_STRICT 1u
/* These rules, where they are, stay as they are until the curfew_connections that they are asked
 * with is freed: they are read once, and not compared with each request. */
#define CURFEW_RULES_FIXED 2u

/* Kinds of keys that the journal's entries are about. */
typedef int32_t curfew_key_kind;
#define CURFEW_KEY_USER 2
#define CURFEW_KEY_SESSION 3
#define CURFEW_KEY_DEVICE 4
#define CURFEW_KEY_APPLICATION 6
#define CURFEW_KEY_CREDENTIAL 10

/* Which key of our journal a claim of a foreign token names: of this kind, with the id `prefix`
 * followed by the claim's value. */
typedef struct curfew_claim_key {
  const char* claim;  /* "oid" */
  const char* prefix; /* NULL: none */
  curfew_key_kind kind;
  int32_t is_optional; /* 0: a token without the claim is refused */
} curfew_claim_key;

/* An issuer that is not the gate's server: an Entra tenant, for instance. Its tokens have no
 * stamps: they are judged by `auth_time` (`iat` where there is none) and `iat`, less `skew_ms`,
 * against the times of the journal's entries; a token of the same second as an entry is refused. */
typedef struct curfew_foreign_issuer {
  size_t size;
  const char* issuer;           /* `iss`, exactly */
  const char* jwks;             /* text of its JWK set; see curfew_gate_set_foreign_jwks() */
  int64_t skew_ms;              /* how far its clock may be ahead of the server's; 0: 60,000 */
  const curfew_claim_key* keys; /* at least one that is not optional */
  size_t key_count;
  const char* authorization_uri; /* for WWW-Authenticate; NULL: left out */
} curfew_foreign_issuer;
#define CURFEW_FOREIGN_ISSUER_INIT {sizeof(curfew_foreign_issuer), NULL, NULL, 0, NULL, 0, NULL}

/* A protected origin that people come to with a browser: `curfew-gate serve` signs them in there,
 * and keeps the access token in a cookie that only the site's keys open. */
typedef struct curfew_site {
  size_t size;
  const char* url;         /* as in sites.toml: "https://app.example" */
  const char* client_id;   /* the same */
  const char* cookie_keys; /* the text of site-NAME.cookie-keys: base64url, one key a line */
} curfew_site;
#define CURFEW_SITE_INIT {sizeof(curfew_site), NULL, NULL, NULL}

typedef struct curfew_gate_options {
  size_t size;
  const char* replica_path; /* the gate's, such as /run/curfew-gate/replica */
  const char* tenant_id;    /* both as the gate was enrolled with: a file of another is refused */
  const char* issuer;
  const uint32_t* owners; /* users, beside root and this process's, whose file is believed */
  size_t owner_count;
  const curfew_rules* rules; /* of requests that bring none; NULL: each must bring its own */
  const curfew_foreign_issuer* const* foreign_issuers;
  size_t foreign_issuer_count;
  const char* authorization_uri; /* for WWW-Authenticate; NULL: made from issuer and tenant */
  const char* realm;             /* NULL: left out */
  int64_t clock_skew_ms;         /* on `nbf` and `iat` alone; 0: 60,000. Nothing prolongs `exp`. */
  uint32_t tokens_remembered;    /* whose signature was checked; 0: 32,768; some KiB each */
  uint32_t lanes; /* checks that never wait for each other; 0: 16. 1 for a process of one thread */
  const curfew_site* const* sites; /* for requests that name one, by its place */
  size_t site_count;
} curfew_gate_options;
#define CURFEW_GATE_OPTIONS_INIT \
  {sizeof(curfew_gate_options),  \
   NULL,                         \
   NULL,                         \
   NULL,                         \
   NULL,                         \
   0,                            \
   NULL,                         \
   NULL,                         \
   0,                            \
   NULL,                         \
   NULL,                         \
   0,                            \
   0,                            \
   0,                            \
   NULL,                         \
   0}

typedef struct curfew_gate curfew_gate;

/* The replica need not be there yet: until it is, checks answer 503. */
CURFEW_API curfew_code curfew_gate_new(const curfew_gate_options* options, curfew_gate** gate,
                                       char* error, size_t error_size);
/* After every curfew_connections of it is gone. NULL is allowed. */
CURFEW_API void curfew_gate_free(curfew_gate* gate);
/* A foreign issuer's keys as they are now: what was verified with the ones before is forgotten. */
CURFEW_API curfew_code curfew_gate_set_foreign_jwks(curfew_gate* gate, const char* issuer,
                                                    const char* jwks, char* error,
                                                    size_t error_size);

/* ---- a gate's folder ------------------------------------------------------------------------ */

/* What `curfew-gate` keeps in its folder, as far as readers need it. Nothing secret is read, but
 * the folder is its user's alone: read it as root or as that user, before you become another one.
 */
typedef struct curfew_folder curfew_folder;
CURFEW_API curfew_code curfew_folder_read(const char* path, curfew_folder** folder, char* error,
                                          size_t error_size);
CURFEW_API void curfew_folder_free(curfew_folder* folder);
typedef int32_t curfew_folder_member;
#define CURFEW_FOLDER_ISSUER 1
#define CURFEW_FOLDER_TENANT_ID 2
#define CURFEW_FOLDER_REPLICA_PATH 3 /* where it last was, or would be by default */
/* Never NULL; "" where the number is not known. */
CURFEW_API const char* curfew_folder_text(const curfew_folder* folder, curfew_folder_member which);
/* The user whose folder it is: the one who writes the replica. */
CURFEW_API uint32_t curfew_folder_owner(const curfew_folder* folder);

/* ---- one request --------------------------------------------------------------------------- */

/* Authorization, or DPoP, occurs more than once: refused with 400. */
#define CURFEW_REQUEST_REPEATED_HEADER 1u
/* It asks for another protocol (an Upgrade header): never somebody who goes to a page. */
#define CURFEW_REQUEST_UPGRADE 2u

typedef struct curfew_request {
  size_t size;
  const char* authorization; /* the header's value, "Bearer ..." or "DPoP ..."; NULL: none */
  size_t authorization_length;
  /* For tokens that are bound to a key (RFC 9449): the DPoP header's value, the method, and the
   * address as its sender knows it, "https://host/path"; query and fragment do not count. */
  const char* dpop;
  size_t dpop_length;
  const char* method;
  size_t method_length;
  const char* url;
  size_t url_length;
  /* For tokens that are bound to a certificate (RFC 8705): the 32 bytes of the SHA-256 of the DER
   * of the client certificate whose key was proved in this connection's TLS handshake; NULL: none.
   * Never from a header that the client may write. */
  const uint8_t* certificate_sha256;
  const curfew_rules* rules; /* NULL: the gate's */
  uint32_t flags;            /* CURFEW_REQUEST_... */
  uint32_t unused;           /* 0 */
  /* Where people come with a browser: 1 + the site's place in the gate's options; 0: no site. Then
   * `cookie`, the Cookie header's value, is read where `authorization` has no access token; the
   * session in it is judged as its token in that header would be. Nothing falls back: a token in
   * the header that is refused stays refused. */
  size_t site;
  const char* cookie;
  size_t cookie_length;
  /* What the browser asked for, path and query, and what it says of why: for
   * CURFEW_TEXT_SIGN_IN. NULL where a header is missing, or comes twice. */
  const char* uri;
  size_t uri_length;
  const char* sec_fetch_mode;
  size_t sec_fetch_mode_length;
  const char* sec_fetch_dest;
  size_t sec_fetch_dest_length;
  const char* accept;
  size_t accept_length;
} curfew_request;
#define CURFEW_REQUEST_INIT \
  {sizeof(curfew_request),  \
   NULL,                    \
   0,                       \
   NULL,                    \
   0,                       \
   NULL,                    \
   0,                       \
   NULL,                    \
   0,                       \
   NULL,                    \
   NULL,                    \
   0,                       \
   0,                       \
   0,                       \
   NULL,                    \
   0,                       \
   NULL,                    \
   0,                       \
   NULL,                    \
   0,                       \
   NULL,                    \
   0,                       \
   NULL,                    \
   0}

/* An answer. May be used again and again; what it gave out is valid until it is. */
typedef struct curfew_decision curfew_decision;

CURFEW_API curfew_decision* curfew_decision_new(void); /* NULL: no memory; refuses until a check */
CURFEW_API void curfew_decision_free(curfew_decision* decision);

/* Judges. `decision` is overwritten, also where another code than CURFEW_OK comes back: then it
 * refuses with 503. */
CURFEW_API curfew_code curfew_check(curfew_gate* gate, const curfew_request* request,
                                    curfew_decision* decision);

/* 1 or 0. */
CURFEW_API int curfew_decision_is_live(const curfew_decision* decision);
/* What to answer: 200 if live (go on); 400, 401, 403, or 503: the gate itself cannot judge. */
CURFEW_API int curfew_decision_http_status(const curfew_decision* decision);

typedef int32_t curfew_text;
/* Of a refusal. */
#define CURFEW_TEXT_WWW_AUTHENTICATE 1 /* the header's whole value; with 400, 401 and 403 */
#define CURFEW_TEXT_ERROR 2            /* "invalid_token", "insufficient_claims", ... */
#define CURFEW_TEXT_REASON 3           /* for the log: why; never of the token's text */
/* Where a browser that goes to a page must sign in, with 401 at a site: the address to redirect it
 * to. "" for whatever is not to be redirected: answer 401. */
#define CURFEW_TEXT_SIGN_IN 4
/* What the validity rule said, where it was asked: "live", "expired", "unstamped", "ahead",
 * "blocked", "revoked", "outdated", "below_floor". Further words may come. */
#define CURFEW_TEXT_VERDICT 5
/* Of a token whose signature was verified: also of one that is refused all the same, for the log.
 */
#define CURFEW_TEXT_ISSUER 10     /* `iss` */
#define CURFEW_TEXT_SUBJECT 11    /* `sub` */
#define CURFEW_TEXT_OBJECT_ID 12  /* `oid` */
#define CURFEW_TEXT_CLIENT_ID 13  /* `client_id`, `azp` or `appid` */
#define CURFEW_TEXT_TENANT_ID 14  /* `tid` */
#define CURFEW_TEXT_SESSION_ID 15 /* `sid` */
#define CURFEW_TEXT_TOKEN_ID 16   /* `jti` or `uti` */
#define CURFEW_TEXT_SCOPES 17     /* with a space between them */
#define CURFEW_TEXT_ROLES 18      /* the same; within one a space is "%20", and "%" is "%25" */
#define CURFEW_TEXT_DEVICE_ID 19
#define CURFEW_TEXT_ACR 20
#define CURFEW_TEXT_SESSION_CONTROLS 21 /* "monitorOnly blockDownloads", for the log */
/* Never NULL; "" where there is none, or the number is not known. */
CURFEW_API const char* curfew_decision_text(const curfew_decision* decision, curfew_text which);

typedef int32_t curfew_number;
#define CURFEW_NUMBER_RETRY_AFTER 1 /* seconds, with 503 */
#define CURFEW_NUMBER_EXPIRES_AT 2  /* `exp`, seconds since 1970 */
#define CURFEW_NUMBER_ISSUED_AT 3   /* `iat` */
#define CURFEW_NUMBER_AUTH_TIME 4   /* `auth_time` */
#define CURFEW_NUMBER_APP_ONLY 5    /* 1: an application's own token, of no person; 0 */
/* Of a live decision: what is to be done with the session beside letting it go on,
 * CURFEW_CONTROL_... added up. Who cannot do it answers 403. */
#define CURFEW_NUMBER_SESSION_CONTROLS 6
#define CURFEW_CONTROL_MONITOR 1         /* log each of its requests */
#define CURFEW_CONTROL_BLOCK_DOWNLOADS 2 /* give out nothing that would be a file */
/* -1 where there is none, or the number is not known. */
CURFEW_API int64_t curfew_decision_number(const curfew_decision* decision, curfew_number which);

/* ---- connections that stay open ------------------------------------------------------------- */

/* A request that goes on after it was judged (a download, a WebSocket, a stream) must end when an
 * entry outdates its token. Who keeps such ones tells the gate, which lets a revocation count as
 * done only when they are closed: one curfew_connections for each thread (or each worker process),
 * at most 255 on the machine. */
typedef struct curfew_connections curfew_connections;
typedef struct curfew_connection curfew_connection;

/* CURFEW_UNAVAILABLE until the gate's process has run. The gate outlives it. */
CURFEW_API curfew_code curfew_connections_new(curfew_gate* gate, curfew_connections** connections,
                                              char* error, size_t error_size);
/* Leaves what is still open: close those connections before. NULL is allowed. */
CURFEW_API void curfew_connections_free(curfew_connections* connections);

/* curfew_check() for a request that may stay open: announces it first, then judges. If live,
 * `*connection` is what curfew_connection_leave() takes; else it is NULL and nothing is open.
 * `user` is for the caller, see curfew_connection_user(). */
CURFEW_API curfew_code curfew_connections_check(curfew_connections* connections,
                                                const curfew_request* request, void* user,
                                                curfew_decision* decision,
                                                curfew_connection** connection);
CURFEW_API void* curfew_connection_user(const curfew_connection* connection);
/* The connection is closed: nothing goes out or comes in any more. It is gone after this. */
CURFEW_API void curfew_connection_leave(curfew_connection* connection);

/* Looks for news, and hands out one connection that must be closed now, or NULL. `decision`, which
 * may be NULL and is overwritten, then says why. Call it until it gives out nothing
 *   - after every wait, before data of an open connection is passed on,
 *   - again between two pieces where 10 milliseconds have passed since, and
 *   - from a timer, every 10 to 50 milliseconds.
 * A timer alone is not enough: a process that was paused wakes up with data before its timer
 * (docs/gate-protocol.md, Readers). Without news it takes less than a microsecond. There is nothing
 * to wait on: the file is read-only.
 *
 *   while (curfew_connections_review(all, why, &dead) == CURFEW_OK && dead != NULL) {
 *     close_it(curfew_connection_user(dead));
 *     curfew_connection_leave(dead);
 *   }
 *
 * Until all that must be closed was left, it gives out what was not, and the gate waits; so leave a
 * connection only when it is really closed. What dies: whatever an entry outdates, tokens that
 * expire, and, at a strict gate whose lease has ended or whose replica is gone, everything. */
CURFEW_API curfew_code curfew_connections_review(curfew_connections* connections,
                                                 curfew_decision* decision,
                                                 curfew_connection** dead);
CURFEW_API size_t curfew_connections_count(const curfew_connections* connections);

/* Whether this connection may go on at this moment: 1, or 0 where it must be closed; `decision`,
 * which may be NULL and is overwritten, then says why. Judged by the replica, its lease and the
 * clocks as they are now: for who passes data on in pieces, before each of them. Without news it
 * takes less than a microsecond. It takes the place of no curfew_connections_review(), which alone
 * tells the gate that everything was closed, and gives out what was found here as well. NULL: 0.
 * The first libraries of ABI version 1 do not have it; headers that do have the macro. */
#define CURFEW_HAS_MAY_GO_ON 1
CURFEW_API int curfew_connection_may_go_on(curfew_connection* connection,
                                           curfew_decision* decision);

#ifdef __cplusplus
}
#endif
