// tests/js/oauth4webapi.mjs: oauth4webapi against the server, as its documentation uses it.
//
// Settings beside those of person.mjs: app (confidential), service (confidential, with a resource of
// its own), api (its identifier URI).
import assert from 'node:assert/strict';

import * as oauth from 'oauth4webapi';

import { cutOff } from './cut_off.mjs';
import { discover } from './discover.mjs';
import { Person, failure, main, test } from './person.mjs';

const redirectUri = test.app.redirectUris[0];
const client = { client_id: test.app.appId };
const secret = oauth.ClientSecretBasic(test.app.client.client_secret);

async function authorizeUrl(server, verifier, parameters) {
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid profile offline_access',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: 'state',
    ...parameters,
  });
  return url;
}

// A whole sign-in: {tokens, claims, params, verifier}; `redeem: false` keeps the code.
async function signIn(server, person, { redeem = true } = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const nonce = oauth.generateRandomNonce();
  const back = await person.authorize(await authorizeUrl(server, verifier, { nonce }), redirectUri);
  const params = oauth.validateAuthResponse(server, client, back, 'state');
  if (!redeem) return { params, verifier };
  const answer = await oauth.authorizationCodeGrantRequest(
    server, client, secret, params, redirectUri, verifier);
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
    expectedNonce: nonce, requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, answer);
  return { tokens, claims: oauth.getValidatedIdTokenClaims(tokens) };
}

async function refresh(server, token) {
  const answer = await oauth.refreshTokenGrantRequest(server, client, secret, token);
  return oauth.processRefreshTokenResponse(server, client, answer);
}

async function introspect(server, token) {
  const answer = await oauth.introspectionRequest(server, client, secret, token);
  return oauth.processIntrospectionResponse(server, client, answer);
}

async function userinfo(server, { tokens, claims }) {
  const answer = await oauth.userInfoRequest(server, client, tokens.access_token);
  return oauth.processUserInfoResponse(server, client, claims.sub, answer);
}

async function refusesRefresh(server, token) {
  const error = await failure(refresh(server, token));
  assert.ok(error instanceof oauth.ResponseBodyError, String(error));
  assert.equal(error.status, 400);
  assert.equal(error.error, 'invalid_grant');
  return error;
}

await main({
  async discovery() {
    const oidc = await discover('oidc');
    const oauth2 = await discover('oauth2');
    assert.equal(oidc.issuer, test.issuer);
    assert.deepEqual(oidc, oauth2);
    assert.equal(oidc.authorization_response_iss_parameter_supported, true);
    assert.deepEqual(oidc.code_challenge_methods_supported, ['S256']);
  },

  async everything_works() {
    const server = await discover('oidc');
    const signedIn = await signIn(server, new Person(test.john));
    assert.equal(signedIn.claims.preferred_username, test.john);
    assert.equal(signedIn.claims.tid, test.tenant);
    assert.equal(signedIn.claims.iss, test.issuer);
    assert.equal((await userinfo(server, signedIn)).preferred_username, test.john);

    const active = await introspect(server, signedIn.tokens.access_token);
    assert.equal(active.active, true);
    assert.equal(active.client_id, client.client_id);
    assert.equal((await introspect(server, signedIn.tokens.refresh_token)).active, true);

    const second = await refresh(server, signedIn.tokens.refresh_token);
    assert.notEqual(second.refresh_token, signedIn.tokens.refresh_token);
    const again = await refresh(server, signedIn.tokens.refresh_token);
    assert.equal(again.refresh_token, second.refresh_token, 'the same successor in the grace time');
    const third = await refresh(server, second.refresh_token);

    // A token from two rotations ago is stolen: the whole family dies.
    await refusesRefresh(server, signedIn.tokens.refresh_token);
    await refusesRefresh(server, third.refresh_token);
  },

  async revocation_endpoint() {
    const server = await discover('oidc');
    const signedIn = await signIn(server, new Person(test.john));
    const answer = await oauth.revocationRequest(
      server, client, secret, signedIn.tokens.refresh_token);
    await oauth.processRevocationResponse(answer);
    await refusesRefresh(server, signedIn.tokens.refresh_token);
    assert.equal((await introspect(server, signedIn.tokens.access_token)).active, false);
    const unknown = await oauth.revocationRequest(server, client, secret, 'nothing-we-know');
    await oauth.processRevocationResponse(unknown);
  },

  async client_credentials() {
    const server = await discover('oidc');
    const service = { client_id: test.service.appId };
    const own = oauth.ClientSecretPost(test.service.client.client_secret);
    const ask = async () => oauth.processClientCredentialsResponse(server, service,
      await oauth.clientCredentialsGrantRequest(server, service, own, {
        scope: `${test.api}/.default`,
      }));
    const tokens = await ask();
    assert.equal(tokens.token_type, 'bearer');
    assert.equal(tokens.refresh_token, undefined);
    const answer = await oauth.introspectionRequest(server, service, own, tokens.access_token);
    const claims = await oauth.processIntrospectionResponse(server, service, answer);
    assert.equal(claims.active, true);
    const wrong = oauth.ClientSecretPost('wrong');
    const error = await failure(oauth.clientCredentialsGrantRequest(server, service, wrong, {
      scope: `${test.api}/.default`,
    }).then((refused) => oauth.processClientCredentialsResponse(server, service, refused)));
    assert.ok(error instanceof oauth.WWWAuthenticateChallengeError, String(error));
    assert.equal(error.response.status, 401);
    assert.equal((await error.response.json()).error, 'invalid_client');
  },

  async sign_out() {
    const server = await discover('oidc');
    const person = new Person(test.john);
    const signedIn = await signIn(server, person);
    const url = new URL(server.end_session_endpoint);
    url.search = new URLSearchParams({
      id_token_hint: signedIn.tokens.id_token,
      post_logout_redirect_uri: test.app.postLogoutRedirectUris[0],
      state: 'bye',
    });
    const back = await person.authorize(url, test.app.postLogoutRedirectUris[0]);
    assert.equal(back.searchParams.get('state'), 'bye');
    const silent = await authorizeUrl(server, 'v'.repeat(43), { prompt: 'none' });
    const after = await person.authorize(silent, redirectUri);
    assert.equal(after.searchParams.get('error'), 'login_required');
  },

  async refused_after_revocation() {
    const server = await discover('oidc');
    const person = new Person(test.john);
    const bystander = await signIn(server, new Person(test.alice));
    const signedIn = await signIn(server, person);
    const held = await signIn(server, person, { redeem: false });
    const { refresh_token: current } = await refresh(server, signedIn.tokens.refresh_token);
    await userinfo(server, signedIn);

    await cutOff('oauth4webapi, userinfo', test.john, () => userinfo(server, signedIn));

    const dead = await refusesRefresh(server, current);
    assert.equal(dead.cause.suberror, 'bad_token');
    assert.match(dead.error_description, /^AADSTS(50057|50173):/);
    assert.ok([50057, 50173].includes(dead.cause.error_codes[0]));
    assert.equal(dead.response.headers.get('retry-after'), null);

    const noUserinfo = await failure(userinfo(server, signedIn));
    assert.ok(noUserinfo instanceof oauth.WWWAuthenticateChallengeError, String(noUserinfo));
    assert.equal(noUserinfo.response.status, 401);
    assert.equal(noUserinfo.cause[0].parameters.error, 'invalid_token');

    assert.equal((await introspect(server, signedIn.tokens.access_token)).active, false);
    assert.equal((await introspect(server, current)).active, false);

    const code = await failure(oauth.authorizationCodeGrantRequest(
      server, client, secret, held.params, redirectUri, held.verifier)
      .then((answer) => oauth.processAuthorizationCodeResponse(server, client, answer)));
    assert.equal(code.error, 'invalid_grant', String(code));

    const silent = await authorizeUrl(server, 'v'.repeat(43), { prompt: 'none' });
    const back = await person.authorize(silent, redirectUri);
    assert.equal(back.searchParams.get('error'), 'login_required');
    await assert.rejects(signIn(server, new Person(test.john)), /not signed in/);

    await refresh(server, bystander.tokens.refresh_token);
    assert.equal((await userinfo(server, bystander)).preferred_username, test.alice);
  },
});
