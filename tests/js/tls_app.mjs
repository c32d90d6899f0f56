// tests/js/tls_app.mjs: an application's own HTTPS server, with a certificate of the server's
// development authority.
//
// Settings: port, and certificate, what `curfew ca issue` was given as --out.
import fs from 'node:fs';
import https from 'node:https';

import { test } from './person.mjs';

// Serves until the process ends, or until it is closed.
export async function serveTls(listener) {
  const identity = {
    cert: fs.readFileSync(`${test.certificate}.pem`),
    key: fs.readFileSync(`${test.certificate}-key.pem`),
  };
  const server = https.createServer(identity, listener);
  await new Promise((resolve) => { server.listen(test.port, '127.0.0.1', resolve); });
  return server;
}
