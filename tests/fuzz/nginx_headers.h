// tests/fuzz/nginx_headers.h: a request's headers as nginx has them, through the nginx module's own
// code, with a stand-in for nginx's memory alone.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  const unsigned char* data;  // NULL: there is none
  size_t length;
} nginx_text;

typedef struct {
  nginx_text name;
  nginx_text value;
} nginx_header;

typedef struct {
  nginx_text authorization;
  nginx_text dpop;
  nginx_text cookie;
  int is_repeated;
} nginx_presented;

// Reads what the headers present, then takes out the gate's cookies. `left`, with room for `count`,
// gets what an application would; the number of them. Texts live until the next call of
// nginx_end().
size_t nginx_keep_cookies(const nginx_header* headers, size_t count, nginx_header* left,
                          nginx_presented* presented);
// Takes out the credentials as well, of what nginx_keep_cookies() has left.
size_t nginx_keep_token(nginx_header* left);
// Frees all; aborts where something was written behind what it was given.
void nginx_end(void);

#ifdef __cplusplus
}
#endif
