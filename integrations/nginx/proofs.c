// integrations/nginx/proofs.c: see proofs.h.
#include "proofs.h"

#include <ngx_event.h>

#include "module.h"

#define NGX_CURFEW_PROOFS 262144      // some 2,000 a second
#define NGX_CURFEW_PROOF_PLACES 8     // where one may be
#define NGX_CURFEW_PROOF_SECONDS 130  // longer than the library accepts one
#define NGX_CURFEW_DIGEST_WORDS 4

typedef struct {
  uint64_t digest[2];
  time_t ends;
} proof_t;

static ngx_slab_pool_t* pool_of(const ngx_shm_zone_t* shared) {
  return (ngx_slab_pool_t*)shared->shm.addr;
}

static ngx_int_t init_zone(ngx_shm_zone_t* shared, void* before) {
  if (before != NULL) {
    shared->data = before;
    return NGX_OK;
  }
  ngx_slab_pool_t* pool = pool_of(shared);
  if (shared->shm.exists) {
    shared->data = pool->data;
    return NGX_OK;
  }
  shared->data = ngx_slab_calloc(pool, NGX_CURFEW_PROOFS * sizeof(proof_t));
  pool->data = shared->data;
  return shared->data == NULL ? NGX_ERROR : NGX_OK;
}

ngx_shm_zone_t* ngx_curfew_add_proofs(ngx_conf_t* cf) {
  ngx_str_t name = ngx_string("curfew_proofs");
  const size_t size = NGX_CURFEW_PROOFS * sizeof(proof_t) + 256 * ngx_pagesize;
  ngx_shm_zone_t* zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_curfew_module);
  if (zone != NULL) zone->init = init_zone;
  return zone;
}

static ngx_uint_t enter(proof_t* proofs, const uint64_t* digest, time_t now) {
  proof_t* place = NULL;
  for (ngx_uint_t i = 0; i < NGX_CURFEW_PROOF_PLACES; ++i) {
    proof_t* proof = &proofs[(digest[0] + i) % NGX_CURFEW_PROOFS];
    if (proof->ends > now && ngx_memcmp(proof->digest, digest, sizeof(proof->digest)) == 0) {
      return 0;
    }
    if (place == NULL || proof->ends < place->ends) place = proof;
  }
  ngx_memcpy(place->digest, digest, sizeof(place->digest));
  place->ends = now + NGX_CURFEW_PROOF_SECONDS;
  return 1;
}

ngx_uint_t ngx_curfew_is_first_use(const ngx_shm_zone_t* proofs, const ngx_str_t* proof) {
  size_t length = proof->len;
  while (length > 0 && proof->data[length - 1] != '.') --length;
  uint64_t digest[NGX_CURFEW_DIGEST_WORDS];
  unsigned int size = 0;
  if (EVP_Digest(proof->data, length, (unsigned char*)digest, &size, EVP_sha256(), NULL) != 1 ||
      size != sizeof digest) {
    return 0;
  }
  ngx_slab_pool_t* pool = pool_of(proofs);
  ngx_shmtx_lock(&pool->mutex);
  const ngx_uint_t is_first = enter(proofs->data, digest, ngx_time());
  ngx_shmtx_unlock(&pool->mutex);
  return is_first;
}
