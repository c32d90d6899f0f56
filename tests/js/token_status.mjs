// tests/js/token_status.mjs: a resource server that judges access tokens by their signature and a
// status list, with jose and Node's zlib, and asks nobody about any single one.
//
// Settings beside those of world.py: api, tokens. Prints one JSON array: of each token "valid" or
// why it is refused.
import assert from 'node:assert/strict';
import { inflateSync } from 'node:zlib';

import * as jose from 'jose';

const test = JSON.parse(process.env.TEST);
const keys = jose.createRemoteJWKSet(
  new URL(`${test.url}/${test.tenant}/discovery/v2.0/keys`), { timeoutDuration: 30_000 });
const lists = new Map();

// The list at `uri`: {bits, bytes, ttl}, read once.
async function listAt(uri) {
  if (lists.has(uri)) return lists.get(uri);
  const answer = await fetch(uri, { headers: { accept: 'application/statuslist+jwt' } });
  assert.equal(answer.status, 200, uri);
  assert.equal(answer.headers.get('content-type'), 'application/statuslist+jwt');
  const { payload } = await jose.jwtVerify(await answer.text(), keys, {
    typ: 'statuslist+jwt', subject: uri, requiredClaims: ['iat', 'exp', 'ttl', 'status_list'],
  });
  const { bits, lst } = payload.status_list;
  const list = { bits, ttl: payload.ttl, bytes: inflateSync(Buffer.from(lst, 'base64url')) };
  assert.ok(list.ttl > 0 && list.ttl <= 60, `ttl ${list.ttl}`);
  assert.ok(payload.exp - payload.iat <= 60, 'a list that lives long');
  lists.set(uri, list);
  return list;
}

async function judge(token) {
  const { payload } = await jose.jwtVerify(token, keys, {
    issuer: test.issuer, audience: test.api,
  });
  const { idx, uri } = payload.status.status_list;
  assert.ok(uri.startsWith(`${test.url}/${test.tenant}/`), uri);
  const { bits, bytes } = await listAt(uri);
  if (idx * bits >= bytes.length * 8) return 'out of range';
  const value = (bytes[Math.floor((idx * bits) / 8)] >> ((idx * bits) % 8)) & ((1 << bits) - 1);
  return ['valid', 'invalid', 'suspended'][value] ?? `status ${value}`;
}

console.log(JSON.stringify(await Promise.all(test.tokens.map(judge))));
