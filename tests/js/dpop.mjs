// tests/js/dpop.mjs: oauth4webapi with pushed requests and tokens that are bound to a key, as its
// documentation says.
//
// Settings beside those of person.mjs: web (confidential), spa (public), api (an identifier URI), and
// for the scenario fapi also keyPem and kid of web's registered ES256 key.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import * as jose from 'jose';
import * as oauth from 'oauth4webapi';

import { discover } from './discover.mjs';
import { Person, failure, main, revoke, test } from './person.mjs';

const scope = 'openid profile offline_access';

async function newDpop(client) {
  return oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
}

let nonceDemands = 0;

// As the library's documentation says: a server that demands a nonce gave one with its refusal, which
// the library keeps, so that the same call made again has it.
async function withNonce(call) {
  try {
    return await call();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    nonceDemands += 1;
    return call();
  }
}

// {tokens, claims} of a sign-in whose request was pushed, bound to the key of `DPoP`.
async function signIn(server, registered, proof, DPoP, expected = {}) {
  const client = { client_id: registered.appId };
  const redirectUri = registered.redirectUris[0];
  const verifier = oauth.generateRandomCodeVerifier();
  const challenge = await oauth.calculatePKCECodeChallenge(verifier);
  const pushed = await withNonce(async () => oauth.processPushedAuthorizationResponse(server, client,
    await oauth.pushedAuthorizationRequest(server, client, proof, {
      redirect_uri: redirectUri,
      response_type: 'code',
      scope,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...expected,
    }, { DPoP })));
  assert.equal(pushed.expires_in, 90);
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id, request_uri: pushed.request_uri,
  });
  const person = new Person(test.john);
  const back = await person.authorize(url, redirectUri);
  const params = oauth.validateAuthResponse(server, client, back, expected.state);
  const redeem = (options) => withNonce(async () => oauth.processAuthorizationCodeResponse(
    server, client, await oauth.authorizationCodeGrantRequest(
      server, client, proof, params, redirectUri, verifier, options), { requireIdToken: true }));
  const stolen = await failure(redeem({ DPoP: await newDpop(client) }));
  assert.equal(stolen.error, 'invalid_grant', 'the code is bound to the key of the push');
  const tokens = await redeem({ DPoP });
  assert.equal(tokens.token_type, 'dpop');
  // The address was used up.
  const again = await failure(person.authorize(url, redirectUri));
  assert.match(String(again), /used before/);
  return { client, tokens, claims: oauth.getValidatedIdTokenClaims(tokens) };
}

async function userinfo(server, { client, tokens, claims }, options) {
  return withNonce(async () => oauth.processUserInfoResponse(server, client, claims.sub,
    await oauth.userInfoRequest(server, client, tokens.access_token, options)));
}

async function refresh(server, client, proof, token, options) {
  return withNonce(async () => oauth.processRefreshTokenResponse(server, client,
    await oauth.refreshTokenGrantRequest(server, client, proof, token, options)));
}

async function everything(registered, proof, isPublic, expected) {
  const server = await discover();
  const DPoP = await newDpop({ client_id: registered.appId });
  const signedIn = await signIn(server, registered, proof, DPoP, expected);
  const { client, tokens } = signedIn;
  assert.equal((await userinfo(server, signedIn, { DPoP })).preferred_username, test.john);
  for (const options of [{}, { DPoP: await newDpop(client) }]) {
    const refused = await failure(userinfo(server, signedIn, options));
    assert.ok(refused instanceof oauth.WWWAuthenticateChallengeError, String(refused));
    assert.equal(refused.response.status, 401);
    assert.equal(refused.cause[0].scheme, 'dpop');
  }
  if (isPublic) {
    const stolen = await failure(refresh(server, client, proof, tokens.refresh_token, {
      DPoP: await newDpop(client),
    }));
    assert.equal(stolen.error, 'invalid_grant', String(stolen));
  }
  const renewed = await refresh(server, client, proof, tokens.refresh_token, { DPoP });
  assert.equal((await userinfo(server, { ...signedIn, tokens: renewed }, { DPoP })).preferred_username,
    test.john);
  revoke(test.john);
  const dead = await failure(userinfo(server, { ...signedIn, tokens: renewed }, { DPoP }));
  assert.equal(dead.response.status, 401);
  const ended = await failure(refresh(server, client, proof, renewed.refresh_token, { DPoP }));
  assert.equal(ended.cause.suberror, 'bad_token', String(ended));
}

await main({
  confidential: () => everything(test.web,
    oauth.ClientSecretBasic(test.web.client.client_secret), false),

  public: () => everything(test.spa, oauth.None(), true),

  // Each key's first call is refused with a nonce, at whichever endpoint, and none after it.
  async nonces() {
    await everything(test.web, oauth.ClientSecretBasic(test.web.client.client_secret), false);
    assert.ok(nonceDemands >= 2, `asked for a nonce ${nonceDemands} times`);
  },

  async own_token() {
    const server = await discover();
    const client = { client_id: test.web.appId };
    const proof = oauth.ClientSecretPost(test.web.client.client_secret);
    const DPoP = await newDpop(client);
    const tokens = await oauth.processClientCredentialsResponse(server, client,
      await oauth.clientCredentialsGrantRequest(server, client, proof,
        { scope: `${test.api}/.default` }, { DPoP }));
    assert.equal(tokens.token_type, 'dpop');
    const active = await oauth.processIntrospectionResponse(server, client,
      await oauth.introspectionRequest(server, client, proof, tokens.access_token));
    assert.equal(active.cnf.jkt, await DPoP.calculateThumbprint());
    assert.equal(active.token_type.toLowerCase(), 'dpop');
  },

  async fapi() {
    const key = await jose.importPKCS8(readFileSync(test.keyPem, 'utf8'), 'ES256');
    await everything(test.web, oauth.PrivateKeyJwt({ key, kid: test.kid }), false, { state: 'fapi' });
  },
});
