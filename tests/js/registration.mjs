// tests/js/registration.mjs: oauth4webapi registers an application by itself, signs somebody in with
// it, and manages it; as its documentation uses it.
//
// Settings beside those of person.mjs: initialAccessToken, tokenId (of that token), redirectUri.
import assert from 'node:assert/strict';

import * as oauth from 'oauth4webapi';

import { discover } from './discover.mjs';
import { Person, curfew, failure, main, test } from './person.mjs';

async function register(server, metadata, initialAccessToken = test.initialAccessToken) {
  const answer = await oauth.dynamicClientRegistrationRequest(server, metadata,
    { initialAccessToken });
  return oauth.processDynamicClientRegistrationResponse(answer);
}

const portal = {
  client_name: 'Portal',
  redirect_uris: [test.redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile offline_access',
};

async function signIn(server, client, person) {
  const verifier = oauth.generateRandomCodeVerifier();
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: test.redirectUri,
    response_type: 'code',
    scope: portal.scope,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: 'state',
  });
  const back = await person.authorize(url, test.redirectUri);
  const params = oauth.validateAuthResponse(server, client, back, 'state');
  const secret = oauth.ClientSecretBasic(client.client_secret);
  const answer = await oauth.authorizationCodeGrantRequest(
    server, client, secret, params, test.redirectUri, verifier);
  return oauth.processAuthorizationCodeResponse(server, client, answer, { requireIdToken: true });
}

// RFC 7592, which the library leaves to its user.
function manage(client, method, body) {
  return fetch(client.registration_client_uri, {
    method,
    headers: {
      authorization: `Bearer ${client.registration_access_token}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    body: body && JSON.stringify(body),
  });
}

await main({
  async registers_and_signs_in() {
    const server = await discover();
    const client = await register(server, portal);
    assert.equal(client.client_secret_expires_at, 0);
    const tokens = await signIn(server, client, new Person(test.john));
    assert.equal(oauth.getValidatedIdTokenClaims(tokens).aud, client.client_id);
    const renewed = await oauth.refreshTokenGrantRequest(
      server, client, oauth.ClientSecretBasic(client.client_secret), tokens.refresh_token);
    assert.equal(renewed.status, 200);
  },

  async is_refused_with_the_errors_of_the_standard() {
    const server = await discover();
    const wrong = await failure(register(server, { ...portal, redirect_uris: ['http://a.test/'] }));
    assert.equal(wrong.error, 'invalid_redirect_uri', String(wrong));
    const implicit = await failure(register(server, { ...portal, grant_types: ['implicit'] }));
    assert.equal(implicit.error, 'invalid_client_metadata', String(implicit));
    const stranger = await failure(register(server, portal, 'made-up'));
    assert.ok(stranger instanceof oauth.WWWAuthenticateChallengeError, String(stranger));
  },

  async manages_itself_until_the_token_is_taken_back() {
    const server = await discover();
    const client = await register(server, portal);
    const shown = await (await manage(client, 'GET')).json();
    assert.equal(shown.client_id, client.client_id);
    const changed = await manage(client, 'PUT',
      { ...portal, client_id: client.client_id, client_name: 'Second' });
    assert.equal(changed.status, 200);
    assert.equal((await changed.json()).client_name, 'Second');
    const other = await register(server, portal);
    assert.equal((await manage(other, 'DELETE')).status, 204);
    assert.equal((await manage(other, 'GET')).status, 401);

    curfew(['app', 'registration-token', 'remove', test.tokenId]);
    assert.equal((await manage(client, 'GET')).status, 401);
    assert.ok(await failure(register(server, portal)) instanceof oauth.WWWAuthenticateChallengeError);
  },
});
