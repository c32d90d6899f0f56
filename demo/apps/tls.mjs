// demo/apps/tls.mjs: what the demo's applications have in common: settings, HTTPS, JSON answers.
//
// Settings come in the variable DEMO_APP as JSON: {port, certificate, key, issuer, ...}. The server's
// authority is trusted through NODE_EXTRA_CA_CERTS, as any Node program would do it.
import fs from 'node:fs';
import https from 'node:https';

export const settings = JSON.parse(process.env.DEMO_APP);
export const base = `https://127.0.0.1:${settings.port}`;

export function serve(listener) {
  const identity = {
    cert: fs.readFileSync(settings.certificate),
    key: fs.readFileSync(settings.key),
  };
  https.createServer(identity, listener).listen(settings.port, '127.0.0.1', () => {
    console.log(`ready ${base}`);
  });
}

export function sendJson(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
