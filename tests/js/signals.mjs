// tests/js/signals.mjs: a resource server with sessions of its own, which learns from shared signals
// that one has to end. It makes a stream, polls it (RFC 8936) and verifies what comes with jose.
//
// Settings beside those of world.py: clientId, clientSecret, tenant. Prints a line for each thing
// that it learns; ends when it is told to.
import assert from 'node:assert/strict';

import * as jose from 'jose';

const test = JSON.parse(process.env.TEST);
const wellKnown = `${test.url}/.well-known/ssf-configuration/${test.tenant}/v2.0`;
const caep = 'https://schemas.openid.net/secevent/caep/event-type/';
const risc = 'https://schemas.openid.net/secevent/risc/event-type/';

async function json(response, status) {
  const text = await response.text();
  assert.equal(response.status, status, `${response.url}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

async function accessToken() {
  const response = await fetch(`${test.url}/${test.tenant}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: test.clientId,
      client_secret: test.clientSecret,
      scope: 'ssf.manage ssf.read',
    }),
  });
  return (await json(response, 200)).access_token;
}

const transmitter = await json(await fetch(wellKnown), 200);
assert.equal(transmitter.issuer, test.issuer);
const keys = jose.createRemoteJWKSet(new URL(transmitter.jwks_uri), { timeoutDuration: 30_000 });
const bearer = await accessToken();
const call = (url, body) =>
  fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const stream = await json(
  await call(transmitter.configuration_endpoint, {
    events_requested: [`${caep}session-revoked`, `${risc}account-disabled`],
    description: 'sessions of the resource server',
  }),
  201,
);
assert.equal(stream.delivery.method, 'urn:ietf:rfc:8936');
assert.equal(stream.events_delivered.length, 2);

async function verified(set) {
  const { payload, protectedHeader } = await jose.jwtVerify(set, keys, {
    issuer: transmitter.issuer,
    audience: stream.aud,
    typ: 'secevent+jwt',
    algorithms: ['RS256'],
    requiredClaims: ['iat', 'jti', 'events', 'sub_id'],
    maxTokenAge: '1h',
  });
  assert.ok(protectedHeader.kid);
  assert.equal(payload.sub, undefined);
  assert.equal(payload.exp, undefined);
  return payload;
}

await json(
  await call(transmitter.verification_endpoint, { stream_id: stream.stream_id, state: 'hello' }),
  204,
);
console.log(`stream ${stream.stream_id}`);
let acknowledged = [];
for (;;) {
  const answer = await json(await call(stream.delivery.endpoint_url, { ack: acknowledged }), 200);
  acknowledged = [];
  for (const [jti, set] of Object.entries(answer.sets)) {
    const payload = await verified(set);
    assert.equal(payload.jti, jti);
    const [[uri, event]] = Object.entries(payload.events);
    const name = uri.slice(uri.lastIndexOf('/') + 1);
    const subject = payload.sub_id.sub ?? payload.sub_id.id;
    console.log(`learned ${name} ${subject} ${payload.txn ?? event.state}`);
    acknowledged.push(jti);
  }
}
