// tests/js/msal_browser.mjs: @azure/msal-browser in Chromium, in a page of its own origin, as a
// single-page application without a server: redirect or popup, silent renewal, the hidden frame.
//
// Settings beside those of person.mjs and tls_app.mjs: app, origin (of the page), chromium,
// home (a folder whose NSS database trusts the server's authority).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { chromium } from 'playwright-core';

import { cutOff } from './cut_off.mjs';
import { failure, main, test } from './person.mjs';
import { serveTls } from './tls_app.mjs';

const lib = path.dirname(createRequire(import.meta.url).resolve('@azure/msal-browser'));
const files = {
  '/msal.js': path.join(lib, 'msal-browser.min.js'),
  '/bridge.js': path.join(lib, 'redirect-bridge/msal-redirect-bridge.min.js'),
};
const pages = {
  '/': '<!doctype html><title>Board</title><script src="/msal.js"></script><h1>Board</h1>',
  // Where the server sends the browser back to: the library's own way to hand on what came.
  '/bridge': '<!doctype html><title>Bridge</title><script src="/bridge.js"></script>'
    + '<script>msalRedirectBridge.broadcastResponseToMainFrame();</script>',
};

function answer(request, response) {
  const { pathname } = new URL(request.url, test.origin);
  if (files[pathname]) {
    return response.writeHead(200, { 'content-type': 'text/javascript' })
      .end(fs.readFileSync(files[pathname]));
  }
  if (!pages[pathname]) return response.writeHead(404).end();
  return response.writeHead(200, { 'content-type': 'text/html' }).end(pages[pathname]);
}

const PATIENCE = 60_000; // milliseconds
const scopes = ['User.Read'];
const server = await serveTls(answer);
const browser = await chromium.launch({
  executablePath: test.chromium,
  args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP *.test 127.0.0.1'],
  env: { ...process.env, HOME: test.home },
});

// The application in a browser of its own; `call` runs there, and its errors come back as MSAL's.
class Board {
  static async open(page) {
    const board = new Board();
    board.page = page ?? await (await browser.newContext()).newPage();
    await board.page.goto(`${test.origin}/`);
    await board.start();
    return board;
  }

  // What the page does whenever it is loaded; the account that a redirect has brought.
  async start() {
    return this.page.evaluate(async (config) => {
      window.app = await msal.createStandardPublicClientApplication(config);
      const result = await window.app.handleRedirectPromise();
      return result?.account.username;
    }, {
      auth: {
        clientId: test.app.appId,
        authority: `${test.url}/${test.tenant}`,
        knownAuthorities: [new URL(test.url).host],
        redirectUri: `${test.origin}/bridge`,
      },
      // A machine with much else to do takes its time.
      system: {
        iframeBridgeTimeout: PATIENCE, popupBridgeTimeout: PATIENCE,
        redirectNavigationTimeout: PATIENCE,
      },
    });
  }

  // A method of MSAL's application, for the account that is signed in.
  async call(method, request = {}) {
    const { value, error } = await this.page.evaluate(async ([name, options]) => {
      const [account] = window.app.getAllAccounts();
      try {
        const result = await window.app[name]({ account, ...options });
        return { value: result && { accessToken: result.accessToken, fromCache: result.fromCache,
          username: result.account.username } };
      } catch (caught) {
        const { name: kind, errorCode, subError, message } = caught;
        return { error: { kind, errorCode, subError, message } };
      }
    }, [method, { scopes, ...request }]);
    if (error) throw Object.assign(new Error(`${method}: ${JSON.stringify(error)}`), error);
    return value;
  }

  renew() {
    return this.call('acquireTokenSilent', { forceRefresh: true });
  }

  // Not refreshing: what the browser's session at the server gives in a hidden frame.
  inFrame() {
    return this.call('ssoSilent');
  }

  // What the page's own call of the Graph API is answered with.
  async me(token) {
    return this.page.evaluate(async ([url, bearer]) => {
      const reply = await fetch(url, { headers: { authorization: `Bearer ${bearer}` } });
      return reply.status;
    }, [`${test.url}/v1.0/me`, token]);
  }

  async signIn(name) {
    // It does not come back: the page leaves.
    await this.page.evaluate((wanted) => { window.app.loginRedirect(wanted); }, { scopes });
    await fillIn(this.page, name);
    await this.page.waitForURL(`${test.origin}/`);
    await this.page.getByRole('heading', { name: 'Board' }).waitFor();
    assert.equal(await this.start(), name);
  }

  async signInByPopup(name) {
    const popup = this.page.waitForEvent('popup');
    const signedIn = this.call('loginPopup');
    await Promise.all([fillIn(await popup, name), signedIn]);
    return signedIn;
  }
}

async function fillIn(page, name) {
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('Password').fill(test.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function works(board, name) {
  const first = await board.call('acquireTokenSilent');
  assert.equal(first.username, name);
  assert.equal(first.fromCache, true, 'the response scope covers what was asked');
  const renewed = await board.renew();
  assert.equal(renewed.fromCache, false);
  assert.notEqual(renewed.accessToken, first.accessToken);
  assert.equal(await board.me(renewed.accessToken), 200);
  return renewed.accessToken;
}

async function mustInteract(promise) {
  const refused = await failure(promise);
  assert.equal(refused.kind, 'InteractionRequiredAuthError', String(refused));
  return refused;
}

async function refused(board, what) {
  const others = await Board.open();
  await others.signIn(test.alice);
  const token = await works(board, test.john);

  const refusal = await cutOff(`@azure/msal-browser, ${what}`, test.john, () => board.renew());
  assert.equal(refusal.kind, 'InteractionRequiredAuthError', String(refusal));
  await mustInteract(board.renew());
  await mustInteract(board.inFrame());
  // What it keeps in its cache it still hands out; the API does not take it.
  const kept = await board.call('acquireTokenSilent');
  assert.equal(kept.fromCache, true);
  assert.equal(await board.me(kept.accessToken), 401);
  assert.equal(await board.me(token), 401);

  await board.page.evaluate((wanted) => { window.app.loginRedirect(wanted); }, { scopes });
  await fillIn(board.page, test.john);
  await board.page.getByRole('heading', { name: 'Sign-in is not possible' }).waitFor();
  await works(others, test.alice);
}

try {
  await main({
    async redirect() {
      const board = await Board.open();
      await board.signIn(test.john);
      assert.equal((await board.inFrame()).username, test.john);
      await refused(board, 'redirect, page of the same site');
    },

    async popup() {
      const board = await Board.open();
      assert.equal((await board.signInByPopup(test.john)).username, test.john);
      await refused(board, 'popup');
    },

    // The browser sends no cookie of ours in another site's frame: the refresh token alone renews.
    async other_site() {
      const board = await Board.open();
      await board.signIn(test.john);
      const inFrame = await mustInteract(board.inFrame());
      assert.equal(inFrame.errorCode, 'login_required', String(inFrame));
      await refused(board, 'redirect, page of another site');
    },
  });
} finally {
  await browser.close();
  server.close();
}
