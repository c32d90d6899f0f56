// tests/js/continuous_access.mjs: @azure/identity with @azure/core-rest-pipeline, unchanged: its bearer
// policy answers claims challenges by itself. No line here says anything about them.
//
// Settings beside those of person.mjs: tool (confidential, without PKCE, may do everything), group
// (one that john is in).
import assert from 'node:assert/strict';

import { AuthorizationCodeCredential, ClientSecretCredential } from '@azure/identity';
import {
  bearerTokenAuthenticationPolicy, createDefaultHttpClient, createPipelineFromOptions,
  createPipelineRequest,
} from '@azure/core-rest-pipeline';

import { Person, curfew, failure, main, revoke, test } from './person.mjs';

const { host } = new URL(test.url);
const scopes = 'https://graph.microsoft.com/.default';
const { appId, client: { client_secret: secret }, redirectUris: [redirectUri] } = test.tool;
const options = { authorityHost: `https://${host}`, disableInstanceDiscovery: true };

// What goes over the wire, counted below the policies of the library.
class Counted {
  constructor() {
    this.inner = createDefaultHttpClient();
    this.statuses = [];
  }

  async sendRequest(request) {
    const answer = await this.inner.sendRequest(request);
    this.statuses.push(answer.status);
    return answer;
  }
}

function callerOf(credential) {
  const pipeline = createPipelineFromOptions({});
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes }));
  const http = new Counted();
  return {
    http,
    async get(below) {
      http.statuses = [];
      return pipeline.sendRequest(http, createPipelineRequest({ url: `${test.url}/v1.0${below}` }));
    },
  };
}

async function callerFor(name) {
  const query = new URLSearchParams({
    client_id: appId, response_type: 'code', redirect_uri: redirectUri, state: 'state',
    scope: `openid profile offline_access ${scopes}`,
  });
  const back = await new Person(name)
    .authorize(`${test.url}/${test.tenant}/oauth2/v2.0/authorize?${query}`, redirectUri);
  return callerOf(new AuthorizationCodeCredential(
    test.tenant, appId, secret, back.searchParams.get('code'), redirectUri, options));
}

async function works(caller, below, statuses = [200]) {
  const answer = await caller.get(below);
  assert.equal(answer.status, 200, answer.bodyAsText);
  assert.deepEqual(caller.http.statuses, statuses);
}

await main({
  // The token is dead, the sign-in is not: the library comes back with a newer one.
  async works_again() {
    const johns = await callerFor(test.john);
    await works(johns, '/me');
    curfew(['group', 'remove-member', test.group, test.john]);
    const begun = performance.now();
    await works(johns, '/me', [401, 200]);
    console.log(`figure: claims challenge: refused, newer token, works again within ${
      (performance.now() - begun).toFixed(1)} ms`);
    await works(johns, '/me');
  },

  async refused() {
    const johns = await callerFor(test.john);
    const alices = await callerFor(test.alice);
    await works(johns, '/me');
    await works(alices, '/me');
    revoke(test.john);
    const begun = performance.now();
    const refused = await failure(johns.get('/me'));
    console.log(`figure: claims challenge: refused, no newer token, given up within ${
      (performance.now() - begun).toFixed(1)} ms`);
    assert.deepEqual(johns.http.statuses, [401]);
    assert.match(String(refused), /AuthenticationRequiredError|invalid_grant/);
    await works(alices, '/me');
  },

  async application() {
    const tool = callerOf(new ClientSecretCredential(test.tenant, appId, secret, options));
    await works(tool, '/users');
    curfew(['app', 'disable', appId]);
    assert.match(String(await failure(tool.get('/users'))), /7000112|disabled/);
    assert.deepEqual(tool.http.statuses, [401]);
    curfew(['app', 'enable', appId]);
    // Its old token stays dead.
    await works(tool, '/users', [401, 200]);
    await works(tool, '/users');
  },
});
