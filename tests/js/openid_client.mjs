// tests/js/openid_client.mjs: openid-client 6 against the server, as its documentation uses it.
//
// Settings beside those of person.mjs: web (confidential), board (public), api (identifier URI of
// service), service (may introspect).
import assert from 'node:assert/strict';

import * as client from 'openid-client';

import { cutOff } from './cut_off.mjs';
import { Person, failure, main, test } from './person.mjs';

const discover = (app) => client.discovery(
  new URL(test.issuer), app.appId, undefined,
  app.client.client_secret ? client.ClientSecretBasic(app.client.client_secret) : client.None());

async function authorize(config, app, person, parameters = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const checks = { pkceCodeVerifier, expectedState: client.randomState(),
    expectedNonce: client.randomNonce() };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: app.redirectUris[0],
    scope: 'openid profile offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...parameters,
  });
  const back = await person.authorize(url, app.redirectUris[0]);
  return client.authorizationCodeGrant(config, back, { ...checks, idTokenExpected: true });
}

async function cutsOff(app) {
  const config = await discover(app);
  const person = new Person(test.john);
  const tokens = await authorize(config, app, person);
  assert.equal(tokens.claims().preferred_username, test.john);
  const userinfo = () => client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  assert.equal((await userinfo()).preferred_username, test.john);
  const others = await authorize(config, app, new Person(test.alice));

  // A token for an API, which asks the server about it with the same library.
  const forApi = await authorize(config, app, person, { scope: `openid ${test.api}/read` });
  const api = await discover(test.service);
  const asked = () => client.tokenIntrospection(api, forApi.access_token);
  assert.equal((await asked()).active, true);

  let newest = tokens.refresh_token;
  const renew = async () => {
    newest = (await client.refreshTokenGrant(config, newest)).refresh_token;
  };
  const refusal = await cutOff(`openid-client, ${app.displayName}, refresh`, test.john, renew);
  assert.ok(refusal instanceof client.ResponseBodyError, String(refusal));
  assert.deepEqual([refusal.error, refusal.status, refusal.cause.suberror],
    ['invalid_grant', 400, 'bad_token']);
  const noUserinfo = await failure(userinfo());
  assert.ok(noUserinfo instanceof client.WWWAuthenticateChallengeError, String(noUserinfo));
  assert.equal((await asked()).active, false);
  const silent = await failure(authorize(config, app, person, { prompt: 'none' }));
  assert.ok(silent instanceof client.AuthorizationResponseError, String(silent));
  assert.equal(silent.error, 'login_required');
  await assert.rejects(authorize(config, app, new Person(test.john)), /not signed in/);
  await client.refreshTokenGrant(config, others.refresh_token);
}

await main({
  confidential: () => cutsOff(test.web),
  public: () => cutsOff(test.board),
});
