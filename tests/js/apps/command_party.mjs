// tests/js/apps/command_party.mjs: an application that keeps accounts of its own and takes provider
// commands: it verifies each command token with jose, once, and moves the account that it names.
//
// Settings beside those of tls_app.mjs: endpoint, where commands go; clientId. GET /seen says what
// came so far, and POST /behave what to do from now on: {takes: [commands]}, {answers: [statuses],
// the first first}, {location} (to redirect there), {page} (200 and HTML), {hang}.
import assert from 'node:assert/strict';

import * as jose from 'jose';

import { test } from '../person.mjs';
import { serveTls } from '../tls_app.mjs';

const keys = jose.createRemoteJWKSet(
  new URL(`${test.url}/${test.tenant}/discovery/v2.0/keys`), { timeoutDuration: 30_000 });
const accounts = new Map(); // sub -> state; who is not there is active
const seen = { commands: [], tokens: [], refused: [], elsewhere: 0 };
const used = new Set();
let manner = {};

const required = { suspend: 'active', invalidate: 'active', reactivate: 'suspended' };
const becomes = { suspend: 'suspended', reactivate: 'active' };

async function verified(token) {
  const { payload } = await jose.jwtVerify(token, keys, {
    issuer: test.issuer,
    audience: test.endpoint,
    typ: 'command+jwt',
    algorithms: ['RS256'],
    requiredClaims: ['client_id', 'iat', 'exp', 'jti', 'command', 'tenant', 'sub'],
    maxTokenAge: '2m',
  });
  assert.equal(payload.aud, test.endpoint);
  assert.equal(payload.client_id, test.clientId);
  assert.equal(payload.tenant, test.tenant);
  assert.equal(payload.nonce, undefined);
  assert.ok(payload.exp - payload.iat <= 120);
  assert.ok(!used.has(payload.jti), 'a token that came before');
  used.add(payload.jti);
  return payload;
}

function carryOut({ command, sub }) {
  const takes = manner.takes ?? ['suspend', 'invalidate', 'reactivate', 'audit'];
  if (!takes.includes(command)) return [400, { error: 'unsupported_command' }];
  const before = accounts.get(sub) ?? 'active';
  if (required[command] && required[command] !== before) {
    return [409, { error: 'incompatible_state', account_state: before, sub }];
  }
  accounts.set(sub, becomes[command] ?? before);
  return [200, { account_state: accounts.get(sub), sub, last_access: 1700000000 }];
}

async function answerTo(form) {
  assert.deepEqual([...form.keys()], ['command_token']);
  const token = form.get('command_token');
  const payload = await verified(token);
  seen.commands.push([payload.command, payload.sub]);
  seen.tokens.push(token);
  const status = manner.answers?.shift();
  return status ? [status, { error: 'busy' }] : carryOut(payload);
}

async function body(request) {
  let text = '';
  for await (const part of request) text += part;
  return text;
}

async function serve(request, response) {
  const { pathname } = new URL(request.url, test.endpoint);
  const send = (status, value) => response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(value));
  if (pathname === '/seen') {
    return send(200, { ...seen, accounts: Object.fromEntries(accounts) });
  }
  const text = await body(request);
  if (pathname === '/behave') {
    manner = JSON.parse(new URLSearchParams(text).get('manner'));
    return send(200, {});
  }
  if (pathname !== '/commands') {
    seen.elsewhere += 1;
    return send(200, { account_state: 'suspended' });
  }
  const [status, value] = await answerTo(new URLSearchParams(text));
  if (manner.hang) return undefined;
  if (manner.location) return response.writeHead(307, { location: manner.location }).end();
  if (manner.page) return response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hi');
  return send(status, value);
}

await serveTls((request, response) => {
  serve(request, response).catch((error) => {
    seen.refused.push(String(error));
    response.writeHead(400).end();
  });
});
console.log('ready');
