// tests/js/discover.mjs: oauth4webapi's reading of the server's discovery document.

import * as oauth from 'oauth4webapi';

import { test } from './person.mjs';

const issuer = new URL(test.issuer);

// `algorithm`: which of the two well-known forms.
export async function discover(algorithm = 'oidc') {
  const answer = await oauth.discoveryRequest(issuer, { algorithm });
  return oauth.processDiscoveryResponse(issuer, answer);
}
