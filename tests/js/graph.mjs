// tests/js/graph.mjs: @microsoft/microsoft-graph-client, unchanged, against the server: only told the
// address, and that tokens may be sent there.
//
// Settings beside those of person.mjs: tool (confidential; may do everything), helper (the person
// who signs in to it as an administrator), laptop (a device's id).
import assert from 'node:assert/strict';

import * as msal from '@azure/msal-node';
import graph from '@microsoft/microsoft-graph-client';

import { Person, curfew, failure, main, test } from './person.mjs';

const { host, hostname } = new URL(test.url);
const scopes = ['https://graph.microsoft.com/.default'];
const redirectUri = test.tool.redirectUris[0];

function application() {
  return new msal.ConfidentialClientApplication({
    auth: {
      clientId: test.tool.appId,
      clientSecret: test.tool.client.client_secret,
      authority: `${test.url}/${test.tenant}`,
      knownAuthorities: [host],
      clientCapabilities: ['cp1'],
    },
  });
}

const clientWith = (getToken) => graph.Client.init({
  baseUrl: test.url,
  customHosts: new Set([hostname]),
  authProvider: (done) => getToken().then((token) => done(null, token), (error) => done(error)),
});

function clientByItself() {
  const app = application();
  return clientWith(async () => (
    (await app.acquireTokenByClientCredential({ scopes })).accessToken));
}

async function clientFor(name) {
  const app = application();
  const { verifier, challenge } = await new msal.CryptoProvider().generatePkceCodes();
  const url = await app.getAuthCodeUrl({
    scopes, redirectUri, codeChallenge: challenge, codeChallengeMethod: 'S256',
  });
  const back = await new Person(name).authorize(url, redirectUri);
  const { account } = await app.acquireTokenByCode({
    scopes, redirectUri, codeVerifier: verifier, code: back.searchParams.get('code'),
  });
  return clientWith(async () => (await app.acquireTokenSilent({ account, scopes })).accessToken);
}

async function readsEverything(client) {
  const first = await client.api('/users').top(2).select('id,userPrincipalName').get();
  assert.equal(first.value.length, 2);
  assert.ok(first['@odata.nextLink'].startsWith(`${test.url}/v1.0/users?`));
  const names = [];
  const pages = new graph.PageIterator(client, first, (user) => {
    names.push(user.userPrincipalName);
    return true;
  });
  await pages.iterate();
  assert.ok(pages.isComplete());
  assert.ok(names.length > 4 && new Set(names).size === names.length, names.join());
  assert.ok(names.includes(test.john) && names.includes(test.alice));

  const found = await client.api('/users').header('ConsistencyLevel', 'eventual')
    .search(`"userPrincipalName:${test.john}"`).count(true).get();
  assert.equal(found['@odata.count'], 1);
  assert.equal(found.value[0].userPrincipalName, test.john);
  const filtered = await client.api('/users').filter(`userPrincipalName eq '${test.john}'`).get();
  assert.equal(filtered.value[0].id, found.value[0].id);
  const count = await client.api('/users/$count').header('ConsistencyLevel', 'eventual').get();
  assert.equal(Number(count), names.length);
  return found.value[0];
}

async function explainsErrors(client) {
  const absent = await failure(client.api('/users/nobody@contoso.com').get());
  assert.ok(absent instanceof graph.GraphError, String(absent));
  assert.equal(absent.statusCode, 404);
  assert.equal(absent.code, 'Request_ResourceNotFound');
  assert.match(absent.requestId, /^[0-9a-f-]{36}$/);
  assert.equal(absent.headers.get('request-id'), absent.requestId);
  assert.ok(Math.abs(absent.date - Date.now()) < 24 * 3600 * 1000, String(absent.date));
  assert.match(absent.message, /nobody@contoso.com/);
  const wrong = await failure(client.api('/users').search('"displayName:a"').get());
  assert.equal(wrong.code, 'Request_UnsupportedQuery');
  assert.equal(wrong.statusCode, 400);
}

// The steps of a responder, as one batch.
async function respondsIn(client, id) {
  const json = { 'Content-Type': 'application/json' };
  const off = JSON.stringify({ accountEnabled: false });
  const request = (path, method, body) => (
    new Request(`${test.url}/v1.0${path}`, { method, headers: body ? json : {}, body }));
  const batch = new graph.BatchRequestContent([
    { id: '1', request: request(`/users/${id}`, 'PATCH', off) },
    { id: '2', request: request(`/users/${id}/revokeSignInSessions`, 'POST', '{}'),
      dependsOn: ['1'] },
    { id: '3', request: request(`/users/${id}/registeredDevices`, 'GET'), dependsOn: ['2'] },
    { id: '4', request: request(`/devices/${test.laptop}`, 'PATCH', off), dependsOn: ['3'] },
    { id: '5', request: request('/users/nobody@contoso.com', 'GET'), dependsOn: ['4'] },
  ]);
  const answers = new graph.BatchResponseContent(
    await client.api('/$batch').post(await batch.getContent()));
  const status = (number) => answers.getResponseById(number).status;
  assert.deepEqual(['1', '2', '3', '4', '5'].map(status), [204, 200, 200, 204, 404]);
  assert.equal((await answers.getResponseById('2').json()).value, true);
  const devices = (await answers.getResponseById('3').json()).value;
  assert.deepEqual(devices.map((device) => device['@odata.type']), ['#microsoft.graph.device']);
  assert.equal(devices[0].id, test.laptop);
}

async function endsAccessWith(client) {
  const johns = await clientFor(test.john);
  const { id } = await johns.api('/me').get();
  assert.equal(await client.api(`/users/${id}`).update({ jobTitle: 'Chief' }), undefined);
  assert.equal((await johns.api('/me').get()).jobTitle, 'Chief');

  const begun = performance.now();
  const revoked = await client.api(`/users/${id}/revokeSignInSessions`).post({});
  assert.equal(revoked.value, true);
  assert.ok(revoked['@odata.context'].endsWith('$metadata#Edm.Boolean'));
  const refused = await failure(johns.api('/me').get());
  const took = performance.now() - begun;
  assert.equal(refused.statusCode, 401, String(refused));
  assert.equal(refused.code, 'InvalidAuthenticationToken');
  assert.match(refused.headers.get('www-authenticate'), /error="insufficient_claims", claims="/);
  console.log(`figure: Graph client: works, revokeSignInSessions, refused within ${
    took.toFixed(1)} ms`);

  // Whoever signs in again goes on, until the account is disabled.
  const anew = await clientFor(test.john);
  await anew.api('/me').get();
  await respondsIn(client, id);
  assert.equal((await failure(anew.api('/me').get())).statusCode, 401);
  await assert.rejects(clientFor(test.john), /not signed in/);
  const shown = await client.api(`/devices/${test.laptop}`).get();
  assert.equal(shown.accountEnabled, false);
}

// One round: everything, then exactly what has changed.
async function followsADelta(client) {
  const page = async (link) => {
    const found = [];
    let next = link;
    let answer;
    while (next) {
      answer = await client.api(next).get();
      found.push(...answer.value);
      next = answer['@odata.nextLink'];
    }
    return [found, answer['@odata.deltaLink']];
  };
  const [everybody, link] = await page('/users/delta?$select=displayName,jobTitle');
  const names = everybody.map((user) => user.displayName);
  assert.ok(everybody.length >= 4, names.join());
  assert.deepEqual((await page(link))[0], []);

  const john = (await client.api(`/users/${test.john}`).get()).id;
  const alice = (await client.api(`/users/${test.alice}`).get()).id;
  await client.api(`/users/${john}`).update({ jobTitle: 'Chief' });
  await client.api(`/users/${john}`).update({ department: 'not selected' });
  await client.api(`/users/${alice}`).delete();
  const [changed, after] = await page(link);
  assert.deepEqual(changed.map((user) => user.id), [john, alice]);
  assert.equal(changed[0].jobTitle, 'Chief');
  assert.deepEqual(changed[1], { id: alice, '@removed': { reason: 'changed' } });
  assert.deepEqual((await page(after))[0], []);

  const wrong = await failure(client.api('/users/delta?$deltatoken=nothing').get());
  assert.equal(wrong.statusCode, 410);
  assert.equal(wrong.code, 'resyncRequired');
}

await main({
  async delta() {
    await followsADelta(clientByItself());
  },

  async by_itself() {
    const client = clientByItself();
    await readsEverything(client);
    await explainsErrors(client);
    assert.equal((await failure(client.api('/me').get())).statusCode, 400);
    await endsAccessWith(client);
  },

  async for_a_person() {
    const client = await clientFor(test.helper);
    assert.equal((await client.api('/me').get()).userPrincipalName, test.helper);
    await readsEverything(client);
    await explainsErrors(client);
    await endsAccessWith(client);
  },

  async whole_run() {
    const johns = await clientFor(test.john);
    const alices = await clientFor(test.alice);
    await johns.api('/me').get();
    const begun = performance.now();
    curfew(['revoke', test.john, '--yes'], [0, 3]);
    assert.equal((await failure(johns.api('/me').get())).statusCode, 401);
    console.log(`figure: Graph client: works, curfew revoke, refused within ${
      (performance.now() - begun).toFixed(0)} ms with the command's own start`);
    await alices.api('/me').get();
  },
});
