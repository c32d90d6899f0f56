// tests/js/private_key_jwt.mjs: applications that prove themselves by signing, in two libraries as
// their documentation says: @azure/msal-node with a certificate, oauth4webapi with PrivateKeyJwt.
//
// Settings beside those of person.mjs: web (confidential, may introspect, key registered), api (an
// identifier URI), keyPem (PKCS #8), and either sha256 or sha1 (of the certificate, in hex) or
// jwsAlg (of the JSON Web Key).
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';

import * as msal from '@azure/msal-node';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';

import { discover } from './discover.mjs';
import { Person, curfew, failure, main, revoke, test } from './person.mjs';

const scopes = [`${test.api}/read`];
const ownScope = `${test.api}/.default`;
const redirectUri = test.web.redirectUris[0];
const client = { client_id: test.web.appId };

function msalApplication() {
  return new msal.ConfidentialClientApplication({
    auth: {
      clientId: test.web.appId,
      authority: `${test.url}/${test.tenant}`,
      knownAuthorities: [new URL(test.url).host],
      clientCertificate: {
        ...(test.sha256 ? { thumbprintSha256: test.sha256 } : { thumbprint: test.sha1 }),
        privateKey: readFileSync(test.keyPem, 'utf8'),
      },
    },
  });
}

async function privateKeyJwt() {
  const pem = createPrivateKey(readFileSync(test.keyPem)).export({ type: 'pkcs8', format: 'pem' });
  return oauth.PrivateKeyJwt({ key: await jose.importPKCS8(pem, test.jwsAlg), kid: test.kid });
}

await main({
  async msal_for_itself() {
    const ask = () => msalApplication().acquireTokenByClientCredential({ scopes: [ownScope] });
    const tokens = await ask();
    assert.equal(jose.decodeJwt(tokens.accessToken).azpacr, '2');
    curfew(['app', 'key', 'remove', test.web.appId, test.keyId]);
    const refused = await failure(ask());
    assert.equal(refused.errorCode, 'invalid_client', String(refused));
    assert.equal(refused.errorNo, 700027);
  },

  async msal_for_people() {
    const app = msalApplication();
    const { verifier, challenge } = await new msal.CryptoProvider().generatePkceCodes();
    const url = await app.getAuthCodeUrl({
      scopes, redirectUri, codeChallenge: challenge, codeChallengeMethod: 'S256', state: 'state',
    });
    const back = await new Person(test.john).authorize(url, redirectUri);
    const first = await app.acquireTokenByCode({
      scopes, redirectUri, codeVerifier: verifier, code: back.searchParams.get('code'),
    });
    const renew = () => app.acquireTokenSilent({
      account: first.account, scopes, forceRefresh: true,
    });
    assert.equal((await renew()).account.username, test.john);
    revoke(test.john);
    assert.equal((await failure(renew())).subError, 'bad_token');
  },

  async oauth4webapi() {
    const server = await discover();
    assert.ok(server.token_endpoint_auth_methods_supported.includes('private_key_jwt'));
    assert.ok(server.token_endpoint_auth_signing_alg_values_supported.includes(test.jwsAlg));
    const proof = await privateKeyJwt();
    const ask = async () => oauth.processClientCredentialsResponse(server, client,
      await oauth.clientCredentialsGrantRequest(server, client, proof, { scope: ownScope }));
    const tokens = await ask();
    const introspect = async () => oauth.processIntrospectionResponse(server, client,
      await oauth.introspectionRequest(server, client, proof, tokens.access_token));
    assert.equal((await introspect()).active, true);
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, proof, 'nothing-we-know'));

    curfew(['app', 'set', test.web.appId, '--assertion-audience', 'issuer']);
    await ask();
    curfew(['app', 'key', 'remove', test.web.appId, test.keyId]);
    const refused = await failure(ask());
    assert.ok(refused instanceof oauth.WWWAuthenticateChallengeError, String(refused));
    assert.equal(refused.response.status, 401);
    assert.equal((await refused.response.json()).error, 'invalid_client');
  },
});
