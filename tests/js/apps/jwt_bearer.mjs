// tests/js/apps/jwt_bearer.mjs: a resource server with express-oauth2-jwt-bearer, which judges
// access tokens by their signature and never asks the server about one.
//
// Settings beside those of tls_app.mjs: api.
import express from 'express';
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer';

import { test } from '../person.mjs';
import { serveTls } from '../tls_app.mjs';

const app = express();
app.use(auth({
  issuerBaseURL: test.issuer, audience: test.api, strict: true, tokenSigningAlg: 'ES256',
}));
app.get('/read', requiredScopes('read'), (request, response) => (
  response.json({ sub: request.auth.payload.sub })));
app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  return response.status(error.status ?? 500).set(error.headers ?? {}).json({ error: error.code });
});

await serveTls(app);
console.log('ready');
