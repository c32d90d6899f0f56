// tests/js/apps/auth_core.mjs: a web application with @auth/core, the library below Auth.js. Its
// session is a cookie that it encrypts for itself.
//
// Settings beside those of tls_app.mjs: app, origin, renews (whether it asks the server for a newer
// token whenever the session is read, and ends the session where it gets none).
import crypto from 'node:crypto';
import { text } from 'node:stream/consumers';

import { Auth } from '@auth/core';

import { test } from '../person.mjs';
import { serveTls } from '../tls_app.mjs';

const { client_id: clientId, client_secret: clientSecret } = test.app.client;

async function renewed(token) {
  const answer = await fetch(`${test.url}/${test.tenant}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token', refresh_token: token.refreshToken,
      client_id: clientId, client_secret: clientSecret,
    }),
  });
  return answer.ok ? { ...token, refreshToken: (await answer.json()).refresh_token } : null;
}

const config = {
  basePath: '/auth',
  secret: crypto.randomBytes(32).toString('hex'),
  trustHost: true,
  providers: [{
    id: 'curfew', name: 'Curfew', type: 'oidc', issuer: test.issuer, clientId, clientSecret,
    authorization: { params: { scope: 'openid profile email offline_access' } },
  }],
  callbacks: {
    jwt({ token, account, profile }) {
      if (account) {
        return { name: profile.preferred_username, refreshToken: account.refresh_token };
      }
      return test.renews ? renewed(token) : token;
    },
  },
};

await serveTls(async (request, response) => {
  const body = request.method === 'POST' ? await text(request) : undefined;
  const { headers, method } = request;
  const answer = await Auth(
    new Request(new URL(request.url, test.origin), { method, headers, body }), config);
  response.setHeaders(answer.headers);
  response.writeHead(answer.status).end(await answer.text());
});
console.log('ready');
