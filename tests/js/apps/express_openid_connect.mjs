// tests/js/apps/express_openid_connect.mjs: a web application with express-openid-connect. Its
// session is a cookie that it encrypts for itself, with the tokens inside.
//
// Settings beside those of tls_app.mjs: app, origin.
import crypto from 'node:crypto';
import { EventEmitter } from 'node:events';

import express from 'express';
import openid from 'express-openid-connect';

import { test } from '../person.mjs';
import { serveTls } from '../tls_app.mjs';

// A store as express-session has them, in memory.
class ToldOf extends EventEmitter {
  #rows = new Map();

  get(id, done) { done(null, this.#rows.get(id)); }

  set(id, row, done) {
    this.#rows.set(id, row);
    done?.(null);
  }

  destroy(id, done) {
    this.#rows.delete(id);
    done?.(null);
  }
}

const app = express();
app.use(openid.auth({
  issuerBaseURL: test.issuer,
  baseURL: test.origin,
  clientID: test.app.client.client_id,
  clientSecret: test.app.client.client_secret,
  secret: crypto.randomBytes(32).toString('hex'),
  authorizationParams: { response_type: 'code', scope: 'openid profile offline_access' },
  routes: { login: '/login', callback: '/callback' },
  authRequired: false,
  httpTimeout: 30_000,
  // It keeps what it was told of in a store beside its cookies.
  ...(test.backchannel ? { backchannelLogout: { store: new ToldOf() } } : {}),
}));
app.use((request, response, next) => (
  request.oidc.isAuthenticated() ? next() : response.status(401).json({ error: 'not signed in' })));
app.get('/', (request, response) => response.redirect('/session'));
app.get('/session', (request, response) => (
  response.json({ user: request.oidc.user.preferred_username })));
app.get('/renew', async (request, response) => {
  try {
    await request.oidc.accessToken.refresh();
    response.sendStatus(200);
  } catch (error) {
    response.status(401).json({ error: error.error });
  }
});

await serveTls(app);
console.log('ready');
