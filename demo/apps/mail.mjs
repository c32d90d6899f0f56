// demo/apps/mail.mjs: a mail program, written with oauth4webapi as its authors advise.
//
// It keeps no session of its own worth speaking of: whatever it does, it does with the tokens that
// it got for the browser that signed in. GET /try/NAME uses one of them and says what came of it.
import crypto from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import * as oauth from 'oauth4webapi';

import { base, sendJson, serve, settings } from './tls.mjs';

const client = { client_id: settings.client_id };
const noSecret = oauth.None();
const issuer = new URL(settings.issuer);
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
const redirectUri = `${base}/callback`;
const scope = `openid profile offline_access ${settings.files_scope}`;

const JUDGED_MILLISECONDS_MAX = 15_000;
const people = new Map(); // our cookie -> what this browser's person gave us

async function login(request, response, url) {
  const id = /(?:^|; )mail=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? crypto.randomUUID();
  const person = people.get(id) ?? {};
  people.set(id, person);
  person.verifier = oauth.generateRandomCodeVerifier();
  person.state = oauth.generateRandomState();
  person.holdsCode = url.searchParams.has('hold');
  // A grant is for one resource: Graph's is another, which the browser's session gives silently.
  person.isForGraph = url.searchParams.has('graph');
  const target = new URL(server.authorization_endpoint);
  target.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: person.isForGraph ? settings.graph_scope : scope,
    state: person.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(person.verifier),
    code_challenge_method: 'S256',
    ...(url.searchParams.has('silent') ? { prompt: 'none' } : {}),
  });
  response.writeHead(302, {
    location: target.href,
    'set-cookie': `mail=${id}; Path=/; Secure; HttpOnly; SameSite=Lax`,
  });
  response.end();
}

async function redeem(person, { params, verifier }) {
  const answer = await oauth.authorizationCodeGrantRequest(
    server, client, noSecret, params, redirectUri, verifier);
  return oauth.processAuthorizationCodeResponse(server, client, answer);
}

async function renew(person, wanted) {
  const parameters = new URLSearchParams(wanted ? { scope: wanted } : {});
  const answer = await oauth.refreshTokenGrantRequest(
    server, client, noSecret, person.refreshToken, { additionalParameters: parameters });
  const tokens = await oauth.processRefreshTokenResponse(server, client, answer);
  person.refreshToken = tokens.refresh_token ?? person.refreshToken;
  return tokens;
}

async function callback(person, response, url) {
  const params = oauth.validateAuthResponse(server, client, url, person.state);
  if (person.holdsCode) {
    person.held = { params, verifier: person.verifier };
    return sendJson(response, 200, { ok: true, says: 'a code, kept for later' });
  }
  const tokens = await redeem(person, { params, verifier: person.verifier });
  if (person.isForGraph) {
    person.graphToken = tokens.access_token;
    return sendJson(response, 200, { ok: true, says: 'a token for Microsoft Graph' });
  }
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  // A silent sign-in only shows that it works; the tokens at hand are kept.
  if (person.refreshToken === undefined) {
    person.subject = claims.sub;
    person.refreshToken = tokens.refresh_token;
    person.filesToken = tokens.access_token;
    person.userinfoToken = (await renew(person, 'openid profile')).access_token;
  }
  return sendJson(response, 200, { ok: true, says: `signed in as ${claims.preferred_username}` });
}

const askWithFilesToken = (person, address) => fetch(address, {
  headers: { authorization: `Bearer ${person.filesToken}` },
});

async function askFiles(person, path) {
  const answer = await askWithFilesToken(person, settings.files_base + path);
  const body = await answer.json();
  if (answer.status !== 200) throw new Error(`${answer.status} ${body.error} (${body.why})`);
  return `200 from ${path}`;
}

// The gate refuses in the place of the application, in the words of RFC 6750. Without a lease it says
// neither yes nor no.
async function askBehindGate(person) {
  const ask = () => askWithFilesToken(person, `${settings.guarded_base}/plan`);
  const deadline = Date.now() + JUDGED_MILLISECONDS_MAX;
  let answer = await ask();
  while (answer.status === 503 && Date.now() < deadline) {
    await sleep(200);
    answer = await ask();
  }
  const error = /error="([^"]*)"/.exec(answer.headers.get('www-authenticate') ?? '')?.[1];
  if (answer.status !== 200) throw new Error(`${answer.status} ${error ?? ''}`);
  return '200 from /plan';
}

// The same program on a device without a browser: what it shows on its screen.
async function beginDevice(person, response) {
  const answer = await oauth.deviceAuthorizationRequest(
    server, client, noSecret, new URLSearchParams({ scope }));
  person.device = await oauth.processDeviceAuthorizationResponse(server, client, answer);
  return sendJson(response, 200, {
    user_code: person.device.user_code,
    verification_uri_complete: person.device.verification_uri_complete,
  });
}

const tries = {
  async device(person) {
    const answer = await oauth.deviceCodeGrantRequest(
      server, client, noSecret, person.device.device_code);
    await oauth.processDeviceCodeResponse(server, client, answer);
    return 'tokens';
  },
  async refresh(person) {
    await renew(person);
    return 'new tokens';
  },
  async userinfo(person) {
    const answer = await oauth.userInfoRequest(server, client, person.userinfoToken);
    const claims = await oauth.processUserInfoResponse(server, client, person.subject, answer);
    return `200, ${claims.preferred_username}`;
  },
  async graph(person) {
    const answer = await fetch(`${issuer.origin}/v1.0/me`, {
      headers: { authorization: `Bearer ${person.graphToken}` },
    });
    const body = await answer.json();
    if (answer.status !== 200) throw new Error(`${answer.status} ${body.error.code}`);
    return `200, ${body.userPrincipalName}`;
  },
  documents: (person) => askFiles(person, '/documents'),
  payroll: (person) => askFiles(person, '/payroll'),
  guarded: askBehindGate,
  async code(person) {
    await redeem(person, person.held);
    return 'tokens';
  },
};

// What a library's error says of the server's answer, in one line.
function inOneLine(error) {
  if (error instanceof oauth.ResponseBodyError || error instanceof oauth.AuthorizationResponseError) {
    const suberror = error.cause?.suberror ? `, suberror ${error.cause.suberror}` : '';
    const number = /AADSTS\d+/.exec(error.error_description ?? '')?.[0];
    return error.error + suberror + (number ? `, ${number}` : '');
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    return `${error.response.status} ${error.cause[0].parameters.error}`;
  }
  return error.message;
}

async function answer(request, response) {
  const url = new URL(request.url, base);
  if (url.pathname === '/login') return login(request, response, url);
  const id = /(?:^|; )mail=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
  const person = people.get(id);
  if (!person) {
    response.writeHead(200, { 'content-type': 'text/html' });
    return response.end('<h1>Mail</h1><p><a href="/login">Sign in</a></p>');
  }
  if (url.pathname === '/callback') return callback(person, response, url);
  if (url.pathname === '/begin-device') return beginDevice(person, response);
  const attempt = tries[url.pathname.replace('/try/', '')];
  if (!attempt) return sendJson(response, 404, { error: 'not found' });
  return sendJson(response, 200, { ok: true, says: await attempt(person) });
}

serve((request, response) => {
  answer(request, response).catch((error) => {
    sendJson(response, 403, { ok: false, says: inOneLine(error) });
  });
});
