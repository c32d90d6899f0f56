// demo/apps/portal.mjs: a web application with express-openid-connect and a session of its own.
//
// It signs people in through Curfew once, then trusts its own cookie for eight hours and never asks
// again: what most web applications do, and what no identity provider can end by itself.
import crypto from 'node:crypto';

import express from 'express';
import openid from 'express-openid-connect';

import { base, serve, settings } from './tls.mjs';

const app = express();
app.use(openid.auth({
  issuerBaseURL: settings.issuer,
  baseURL: base,
  clientID: settings.client_id,
  clientSecret: settings.client_secret,
  secret: crypto.randomBytes(32).toString('hex'),
  authRequired: false,
  httpTimeout: 30_000,
  authorizationParams: { response_type: 'code', scope: 'openid profile email' },
  session: { rolling: false, absoluteDuration: settings.session_seconds },
}));

app.get('/', (request, response) => {
  const { user } = request.oidc;
  response.type('html').send(request.oidc.isAuthenticated()
    ? `<h1>Portal</h1><p>Hello ${user.preferred_username}. <a href="/logout">Sign out</a></p>`
    : '<h1>Portal</h1><p><a href="/login">Sign in</a></p>');
});

app.get('/whoami', (request, response) => {
  if (!request.oidc.isAuthenticated()) return response.status(401).json({ error: 'not signed in' });
  return response.json({ user: request.oidc.user.preferred_username });
});

serve(app);
