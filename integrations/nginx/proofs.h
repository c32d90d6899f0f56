// integrations/nginx/proofs.h: the DPoP proofs of the last minutes, for all workers together: each
// counts once (RFC 9449 11.1), wherever it comes in again.
//
// The library remembers them in each worker. What is remembered here is a digest of what a proof's
// signature is over: it cannot be written in another way. Only requests that were good otherwise
// are remembered; over the bound the one that ends soonest is forgotten. A reload forgets nothing.
#pragma once

#include <ngx_config.h>
#include <ngx_core.h>

// Once for each configuration; NULL: that was not possible, and logged.
ngx_shm_zone_t* ngx_curfew_add_proofs(ngx_conf_t* cf);

// Whether it is seen for the first time; from now on it is not.
ngx_uint_t ngx_curfew_is_first_use(const ngx_shm_zone_t* proofs, const ngx_str_t* proof);
