// tests/js/peers/oidc_provider.mjs: oidc-provider as a peer of the benchmark, in one process over TLS.
// It keeps everything in memory, and so that nobody has to sign in, its tokens are made here.
//
//   oidc_provider.mjs PORT CERTIFICATE KEY SECRET COUNT
//
// Prints one line of JSON when it serves: COUNT refresh tokens and as many access tokens.
import { generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';

import Provider from 'oidc-provider';

const [port, certificate, key, secret, count] = process.argv.slice(2);

// The library's own memory forgets after a thousand entries.
class Memory {
  static rows = new Map();

  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload) {
    Memory.rows.set(this.key(id), payload);
  }

  async find(id) {
    return Memory.rows.get(this.key(id));
  }

  async consume(id) {
    Memory.rows.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    Memory.rows.delete(this.key(id));
  }

  async findByUid() {
    return undefined;
  }

  async findByUserCode() {
    return undefined;
  }

  async revokeByGrantId() {
    return undefined;
  }
}

const jwk = (type, options, alg) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), alg, use: 'sig',
});

const application = (id, grants, redirects) => ({
  client_id: id,
  client_secret: secret,
  grant_types: grants,
  redirect_uris: redirects,
  response_types: redirects.length ? ['code'] : [],
  token_endpoint_auth_method: 'client_secret_post',
});

const provider = new Provider(`https://localhost:${port}`, {
  adapter: Memory,
  clients: [
    application('service', ['client_credentials'], []),
    application('web', ['authorization_code', 'refresh_token'], ['https://web.contoso.com/callback']),
  ],
  jwks: { keys: [jwk('rsa', { modulusLength: 2048 }, 'RS256'), jwk('ec', { namedCurve: 'P-256' }, 'ES256')] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
    // A resource is named by the algorithm that its tokens are signed with.
    resourceIndicators: {
      enabled: true,
      defaultResource: (context, client, resources) => resources,
      useGrantedResource: () => true,
      getResourceServerInfo: (context, resource) => ({
        scope: 'read',
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 3600,
        jwt: { sign: { alg: resource.split('://')[1] } },
      }),
    },
  },
  findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  rotateRefreshToken: true,
  ttl: { AccessToken: 3600, RefreshToken: 86400, Grant: 86400 },
});

async function tokensOf(number) {
  const accountId = `user-${number}`;
  const client = await provider.Client.find('web');
  const grant = new provider.Grant({ accountId, clientId: 'web' });
  grant.addResourceScope('api://ES256', 'read');
  const common = {
    accountId, client, grantId: await grant.save(), gty: 'authorization_code', scope: 'read',
    authTime: Math.floor(Date.now() / 1000),
  };
  return {
    refresh: await new provider.RefreshToken({ ...common, resource: 'api://ES256' }).save(),
    access: await new provider.AccessToken(common).save(),
  };
}

const made = [];
for (let number = 0; number < Number(count); number += 1) made.push(await tokensOf(number));

const server = https.createServer(
  { cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, provider.callback());
server.keepAliveTimeout = 0;
server.listen(Number(port), '127.0.0.1', () => {
  console.log(JSON.stringify({
    refresh: made.map((one) => one.refresh), access: made.map((one) => one.access),
  }));
});
