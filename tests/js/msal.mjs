// tests/js/msal.mjs: @azure/msal-node against the server, configured as for any authority that is
// not Microsoft's: knownAuthorities, and nothing else.
//
// Settings beside those of person.mjs: web (confidential), desktop (public), api (identifier URI),
// reports (the application of that URI), ledger (another URI, which reports calls), ledger_app.
import assert from 'node:assert/strict';

import * as msal from '@azure/msal-node';

import { cutOff } from './cut_off.mjs';
import { Person, curfew, failure, introspect, main, revoke, test } from './person.mjs';

const host = new URL(test.url).host;
const scopes = [`${test.api}/read`];

function application(kind, app, authority) {
  return new kind({
    auth: {
      clientId: app.appId,
      authority: authority ?? `${test.url}/${test.tenant}`,
      knownAuthorities: [host],
      ...(app.client.client_secret ? { clientSecret: app.client.client_secret } : {}),
    },
  });
}
const webApplication = (authority) => (
  application(msal.ConfidentialClientApplication, test.web, authority));
const desktopApplication = () => application(msal.PublicClientApplication, test.desktop);

// The application that others call, and that calls the ledger on behalf of their people.
const reports = () => application(msal.ConfidentialClientApplication, test.reports);

async function signIn(app, registered, name) {
  const redirectUri = registered.redirectUris[0];
  const { verifier, challenge } = await new msal.CryptoProvider().generatePkceCodes();
  const url = await app.getAuthCodeUrl({
    scopes, redirectUri, codeChallenge: challenge, codeChallengeMethod: 'S256', state: 'state',
  });
  const back = await new Person(name).authorize(url, redirectUri);
  return app.acquireTokenByCode({
    scopes, redirectUri, codeVerifier: verifier, code: back.searchParams.get('code'),
  });
}

function checkAccount({ account }, name) {
  assert.equal(account.username, name);
  assert.equal(account.tenantId, test.tenant);
  assert.equal(account.homeAccountId, `${account.localAccountId}.${test.tenant}`);
  assert.equal(account.idTokenClaims.oid, account.localAccountId);
  assert.ok(account.name, 'the account has a display name');
}

async function worksFor(app, registered) {
  const first = await signIn(app, registered, test.john);
  checkAccount(first, test.john);
  assert.equal(first.fromCache, false);
  assert.deepEqual(first.scopes.filter((scope) => scope.startsWith('api:')), scopes);

  const { account } = first;
  const cached = await app.acquireTokenSilent({ account, scopes });
  assert.equal(cached.fromCache, true, 'the response scope covers what was asked');
  assert.equal(cached.accessToken, first.accessToken);

  const renewed = await app.acquireTokenSilent({ account, scopes, forceRefresh: true });
  assert.equal(renewed.fromCache, false);
  assert.notEqual(renewed.accessToken, first.accessToken);
  const again = await app.acquireTokenSilent({ account, scopes, forceRefresh: true });
  assert.notEqual(again.accessToken, renewed.accessToken);
}

async function refusedFor(app, registered) {
  const john = (await signIn(app, registered, test.john)).account;
  const alice = (await signIn(app, registered, test.alice)).account;
  await app.acquireTokenSilent({ account: john, scopes, forceRefresh: true });

  const refused = await cutOff('@azure/msal-node, refresh', test.john, () => (
    app.acquireTokenSilent({ account: john, scopes, forceRefresh: true })));
  assert.ok(refused instanceof msal.InteractionRequiredAuthError, String(refused));
  assert.equal(refused.errorCode, 'invalid_grant');
  assert.equal(refused.subError, 'bad_token');
  // The refresh token is gone from the cache: MSAL does not even ask again.
  const second = await failure(
    app.acquireTokenSilent({ account: john, scopes, forceRefresh: true }));
  assert.equal(second.errorCode, 'no_tokens_found', String(second));

  // Nobody else in this process is throttled, and neither is a new sign-in.
  const others = await app.acquireTokenSilent({ account: alice, scopes, forceRefresh: true });
  assert.equal(others.account.username, test.alice);
  checkAccount(await signIn(app, registered, test.alice), test.alice);
  await assert.rejects(signIn(app, registered, test.john), /not signed in/);
}

// A program on a device without a browser; `answer` is what its person does with the code.
async function onDevice(app, answer) {
  const person = new Person(test.john);
  let answered;
  const tokens = app.acquireTokenByDeviceCode({
    scopes,
    deviceCodeCallback: (asked) => {
      assert.match(asked.userCode, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
      assert.ok(asked.message.includes(asked.userCode) && asked.message.includes(asked.verificationUri));
      answered = answer(person, asked);
    },
  });
  try {
    return await tokens;
  } finally {
    await answered;
  }
}

await main({
  confidential: () => worksFor(webApplication(), test.web),
  public: () => worksFor(desktopApplication(), test.desktop),

  async authorities() {
    for (const authority of [`${test.url}/${test.tenant}/v2.0`, `${test.url}/contoso.com`,
      `${test.url}/common`, `${test.url}/organizations`]) {
      const app = webApplication(authority);
      checkAccount(await signIn(app, test.web, test.john), test.john);
    }
  },

  async client_credentials() {
    const app = webApplication();
    const ask = () => app.acquireTokenByClientCredential({ scopes: [`${test.api}/.default`] });
    const first = await ask();
    assert.equal(first.fromCache, false);
    assert.equal((await ask()).fromCache, true);
    curfew(['app', 'disable', test.web.appId]);
    const fresh = webApplication();
    const refused = await failure(
      fresh.acquireTokenByClientCredential({ scopes: [`${test.api}/.default`] }));
    assert.equal(refused.errorCode, 'unauthorized_client', String(refused));
    assert.equal(refused.errorNo, 7000112);
  },

  confidential_revoked: () => refusedFor(webApplication(), test.web),
  public_revoked: () => refusedFor(desktopApplication(), test.desktop),

  async device() {
    const app = desktopApplication();
    const first = await onDevice(app, async (person, asked) => {
      assert.equal(await person.letDeviceIn(asked.verificationUri, asked.userCode.toLowerCase()),
        'The device can go on');
    });
    checkAccount(first, test.john);
    const { account } = first;
    assert.equal((await app.acquireTokenSilent({ account, scopes })).fromCache, true);
    const renewed = await app.acquireTokenSilent({ account, scopes, forceRefresh: true });
    assert.notEqual(renewed.accessToken, first.accessToken);

    revoke(test.john);
    const refused = await failure(app.acquireTokenSilent({ account, scopes, forceRefresh: true }));
    assert.ok(refused instanceof msal.InteractionRequiredAuthError, String(refused));
    assert.equal(refused.subError, 'bad_token');
  },

  async device_declined() {
    const declined = await failure(onDevice(desktopApplication(), async (person, asked) => {
      assert.equal(await person.letDeviceIn(asked.verificationUri, asked.userCode, 'deny'),
        'Nothing was given');
    }));
    assert.match(String(declined), /authorization_declined/);
  },

  async device_revoked() {
    // Approved, and revoked before the device asks again.
    const refused = await failure(onDevice(desktopApplication(), async (person, asked) => {
      await person.letDeviceIn(asked.verificationUri, asked.userCode);
      const seen = JSON.parse(curfew(['-o', 'json', 'access', test.john]));
      assert.ok(seen.paths.some((path) => path.kind === 'code' && path.target === 'device_code'),
        JSON.stringify(seen.paths));
      revoke(test.john);
    }));
    assert.match(String(refused), /invalid_grant/);
  },

  async on_behalf_of() {
    const web = webApplication();
    const { account, accessToken } = await signIn(web, test.web, test.john);
    const ask = { oboAssertion: accessToken, scopes: [`${test.ledger}/read`] };
    const api = reports();
    const first = await api.acquireTokenOnBehalfOf(ask);
    checkAccount(first, test.john);
    assert.equal(first.fromCache, false);
    assert.equal((await api.acquireTokenOnBehalfOf(ask)).fromCache, true);
    // A resource asks about it: live, for john, got by the application in the middle.
    const seen = await introspect(test.ledger_app, first.accessToken);
    assert.deepEqual([seen.active, seen.client_id], [true, test.reports.appId]);

    revoke(test.john);
    assert.equal((await introspect(test.ledger_app, first.accessToken)).active, false);
    const refused = await failure(reports().acquireTokenOnBehalfOf(ask));
    assert.ok(refused instanceof msal.InteractionRequiredAuthError, String(refused));
    assert.equal(refused.subError, 'bad_token');
    assert.match(refused.claims, /access_token/);
    await assert.rejects(web.acquireTokenSilent({ account, scopes, forceRefresh: true }));
  },

  async on_behalf_of_nobody() {
    const own = await webApplication().acquireTokenByClientCredential(
      { scopes: [`${test.api}/.default`] });
    const refused = await failure(reports().acquireTokenOnBehalfOf(
      { oboAssertion: own.accessToken, scopes: [`${test.ledger}/read`] }));
    assert.equal(refused.errorCode, 'invalid_grant', String(refused));
    assert.equal(refused.errorNo, 7000114);
  },

  async restored() {
    const app = webApplication();
    const { account } = await signIn(app, test.web, test.john);
    const run = JSON.parse(curfew(['-o', 'json', 'revoke', test.john, '--yes'], [0, 3]))[0].run.id;
    curfew(['restore', run, '--yes']);
    // The account is free again; what it had before stays dead.
    const refused = await failure(
      app.acquireTokenSilent({ account, scopes, forceRefresh: true }));
    assert.equal(refused.subError, 'bad_token', String(refused));
    checkAccount(await signIn(app, test.web, test.john), test.john);
  },
});
