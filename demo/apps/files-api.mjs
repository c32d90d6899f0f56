// demo/apps/files-api.mjs: a resource API with two ways of judging who calls.
//
//   GET /documents  verifies the token's signature and expiry by itself, with the published keys. It
//                   never asks the server, so a token goes on working here until it expires.
//   GET /payroll    asks the server about each token (RFC 7662): a revocation counts at once.
import { createRemoteJWKSet, jwtVerify } from 'jose';

import { sendJson, serve, settings } from './tls.mjs';

const keys = createRemoteJWKSet(new URL(settings.jwks_uri), { timeoutDuration: 30_000 });

async function judgeOffline(token) {
  const { payload } = await jwtVerify(token, keys, {
    issuer: settings.issuer,
    audience: settings.audience,
  });
  return { subject: payload.sub, exp: payload.exp };
}

async function judgeByAsking(token) {
  const credentials = Buffer.from(`${settings.client_id}:${settings.client_secret}`);
  const answer = await fetch(settings.introspection_endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials.toString('base64')}` },
    body: new URLSearchParams({ token }),
  });
  if (answer.status !== 200) throw new Error(`introspection answered ${answer.status}`);
  const claims = await answer.json();
  if (!claims.active) throw new Error('the server says: not active');
  return { subject: claims.sub, exp: claims.exp };
}

const judges = { '/documents': judgeOffline, '/payroll': judgeByAsking };

serve(async (request, response) => {
  const judge = judges[request.url];
  if (!judge) return sendJson(response, 404, { error: 'not found' });
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (!token) return sendJson(response, 401, { error: 'a bearer token is needed' });
  try {
    return sendJson(response, 200, { path: request.url, ...await judge(token) });
  } catch (error) {
    const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' };
    return sendJson(response, 401, { error: 'invalid_token', why: error.message }, challenge);
  }
});
