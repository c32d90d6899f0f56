// tests/js/apps/passport.mjs: a web application with passport and passport-openidconnect. Its
// session is its own; the provider's token is what it calls userinfo with.
//
// Settings beside those of tls_app.mjs: app, origin.
import crypto from 'node:crypto';

import express from 'express';
import session from 'express-session';
import passport from 'passport';
import OpenIDConnectStrategy from 'passport-openidconnect';

import { test } from '../person.mjs';
import { serveTls } from '../tls_app.mjs';

const discovery = await fetch(`${test.issuer}/.well-known/openid-configuration`);
const metadata = await discovery.json();

passport.use(new OpenIDConnectStrategy({
  issuer: metadata.issuer,
  authorizationURL: metadata.authorization_endpoint,
  tokenURL: metadata.token_endpoint,
  userInfoURL: metadata.userinfo_endpoint,
  clientID: test.app.client.client_id,
  clientSecret: test.app.client.client_secret,
  callbackURL: `${test.origin}/callback`,
  scope: ['profile'],
}, (issuer, profile, context, idToken, accessToken, refreshToken, done) => (
  done(null, { user: profile.username ?? profile.displayName, accessToken }))));
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const app = express();
app.use(session({
  secret: crypto.randomBytes(32).toString('hex'), resave: false, saveUninitialized: false,
  cookie: { secure: true },
}));
app.use(passport.session());
app.get('/login', passport.authenticate('openidconnect'));
app.get('/callback', passport.authenticate('openidconnect', { successRedirect: '/session' }));
app.use((request, response, next) => (
  request.user ? next() : response.status(401).json({ error: 'not signed in' })));
app.get('/session', (request, response) => response.json({ user: request.user.user }));
app.get('/userinfo', async (request, response) => {
  const answer = await fetch(metadata.userinfo_endpoint, {
    headers: { authorization: `Bearer ${request.user.accessToken}` },
  });
  response.sendStatus(answer.status);
});

await serveTls(app);
console.log('ready');
