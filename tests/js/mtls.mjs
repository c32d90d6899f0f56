// tests/js/mtls.mjs: oauth4webapi over TLS with client certificates (RFC 8705), as its documentation
// says; the library leaves the connection to the application, which is Node's own here.
//
// Settings beside those of person.mjs: web (confidential), spa (public), api (an identifier URI),
// certPem and keyPem of a certificate that is registered, otherCertPem and otherKeyPem of one that
// is not, and keyId of what the first is known by.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import https from 'node:https';

import * as oauth from 'oauth4webapi';

import { discover } from './discover.mjs';
import { Person, curfew, failure, main, test } from './person.mjs';

// A fetch whose connections present the certificate.
function fetchWith(certPem, keyPem) {
  const agent = new https.Agent({
    ca: readFileSync(process.env.NODE_EXTRA_CA_CERTS),
    ...(certPem ? { cert: readFileSync(certPem), key: readFileSync(keyPem) } : {}),
  });
  return (url, { method, headers, body }) => new Promise((resolve, reject) => {
    const request = https.request(url, { method, headers: Object.fromEntries(new Headers(headers)), agent },
      (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('end', () => resolve(new Response(Buffer.concat(chunks),
          { status: answer.statusCode, headers: Object.entries(answer.headers).map(([name, value]) => [name, String(value)]) })));
      });
    request.on('error', reject);
    request.end(body ? String(body) : undefined);
  });
}

const own = { [oauth.customFetch]: fetchWith(test.certPem, test.keyPem) };
const stranger = { [oauth.customFetch]: fetchWith(test.otherCertPem, test.otherKeyPem) };
const nobody = { [oauth.customFetch]: fetchWith() };

async function ownToken(server, client, options) {
  return oauth.processClientCredentialsResponse(server, client,
    await oauth.clientCredentialsGrantRequest(server, client, oauth.TlsClientAuth(),
      { scope: `${test.api}/.default` }, options));
}

// Proves itself with its certificate; every other one is refused; once it is removed, so is it.
async function proved() {
  const server = await discover();
  const client = { client_id: test.web.appId, use_mtls_endpoint_aliases: true };
  const tokens = await ownToken(server, client, own);
  for (const wrong of [stranger, nobody]) {
    const refused = await failure(ownToken(server, client, wrong));
    assert.equal(refused.status ?? refused.response?.status, 401, String(refused));
  }
  const active = async () => oauth.processIntrospectionResponse(server, client,
    await oauth.introspectionRequest(server, client, oauth.TlsClientAuth(), tokens.access_token, own));
  assert.equal((await active()).active, true);
  curfew(['app', 'key', 'remove', test.web.appId, test.keyId]);
  const removed = await failure(ownToken(server, client, own));
  assert.equal(removed.status ?? removed.response?.status, 401, String(removed));
}

await main({
  proved,

  // A person's token is worth nothing without the certificate, nor is a public client's refresh token.
  async bound() {
    const server = await discover();
    const client = { client_id: test.spa.appId, use_mtls_endpoint_aliases: true };
    const [redirectUri] = test.spa.redirectUris;
    const verifier = oauth.generateRandomCodeVerifier();
    const url = new URL(server.authorization_endpoint);
    url.search = new URLSearchParams({
      client_id: client.client_id,
      response_type: 'code',
      scope: 'openid profile offline_access',
      redirect_uri: redirectUri,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const back = await new Person(test.john).authorize(url, redirectUri);
    const params = oauth.validateAuthResponse(server, client, back, oauth.skipStateCheck);
    const tokens = await oauth.processAuthorizationCodeResponse(server, client,
      await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), params, redirectUri,
        verifier, own));
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    const userinfo = async (options) => oauth.processUserInfoResponse(server, client, claims.sub,
      await oauth.userInfoRequest(server, client, tokens.access_token, options));
    assert.equal((await userinfo(own)).preferred_username, test.john);
    const refresh = async (options) => oauth.processRefreshTokenResponse(server, client,
      await oauth.refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token, options));
    for (const wrong of [stranger, nobody]) {
      const stolen = await failure(userinfo(wrong));
      assert.equal(stolen.response.status, 401, String(stolen));
      const refused = await failure(refresh(wrong));
      assert.ok(['invalid_grant', 'invalid_request'].includes(refused.error), String(refused));
    }
    // Not at the ordinary address either, where no certificate is asked for.
    const plain = await failure(oauth.userInfoRequest(server, { client_id: client.client_id },
      tokens.access_token).then((answer) => oauth.processUserInfoResponse(server, client, claims.sub, answer)));
    assert.equal(plain.response.status, 401, String(plain));
    assert.ok((await refresh(own)).access_token);
  },
});
