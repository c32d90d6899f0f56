// demo/apps/guarded.mjs: the same files behind a gate: a web server that asks it about each request
// (docs/forward-auth.md), and an application that knows nothing of tokens and sessions.
import http from 'node:http';

import { base, sendJson, serve, settings } from './tls.mjs';

// What the gate may know of a request; everything else in the question we say ourselves.
const TOLD = ['authorization', 'dpop', 'cookie', 'accept', 'sec-fetch-mode', 'sec-fetch-dest', 'upgrade'];

function askGate(options, body) {
  return new Promise((resolve, reject) => {
    const asked = http.request({ socketPath: settings.gate, ...options }, resolve);
    asked.on('error', reject);
    if (body) body.pipe(asked);
    else asked.end();
  });
}

// The gate's own pages: sign-in, the way back from it, sign-out.
async function passOn(request, response) {
  const headers = {
    ...request.headers, 'x-forwarded-host': request.headers.host, 'x-forwarded-proto': 'https',
  };
  const answer = await askGate({ path: request.url, method: request.method, headers }, request);
  response.writeHead(answer.statusCode, answer.headers);
  answer.pipe(response);
}

async function judge(request) {
  const headers = {
    'x-forwarded-method': request.method,
    'x-forwarded-proto': 'https',
    'x-forwarded-host': request.headers.host,
    'x-forwarded-uri': request.url,
  };
  for (const name of TOLD) if (request.headers[name]) headers[name] = request.headers[name];
  const answer = await askGate({ path: '/.curfew/auth?mode=browser&site=files', headers });
  answer.resume();
  return answer;
}

async function answer(request, response) {
  if (request.url.startsWith('/.curfew/')) return passOn(request, response);
  const said = await judge(request);
  if (said.statusCode !== 200) {
    response.writeHead(said.statusCode, { ...said.headers, 'content-length': 0 });
    return response.end();
  }
  return sendJson(response, 200, { path: request.url, subject: said.headers['x-curfew-subject'] });
}

serve((request, response) => {
  answer(request, response).catch((error) => {
    sendJson(response, 503, { error: `the gate does not answer: ${error.message}`, at: base });
  });
});
