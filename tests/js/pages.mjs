// tests/js/pages.mjs: the pages in Chromium: by keyboard, narrow, dark, without a complaint in its
// console.
//
// Settings beside those of window.mjs: app, desktop (its consent is asked for).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';

import { revoke, test } from './person.mjs';
import { heading, mainInChromium, noSidewaysScrolling, open, shot, signIn } from './window.mjs';

// An application that takes what it is sent, and shows it.
async function listen() {
  const seen = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => { body += piece; });
    request.on('end', () => {
      if (request.url.startsWith('/favicon')) return response.writeHead(404).end();
      const query = new URL(request.url, 'http://localhost').search.slice(1);
      seen.push({ method: request.method, params: new URLSearchParams(body || query) });
      return response.writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><title>App</title><h1>Application</h1>');
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { seen, uri: `http://127.0.0.1:${server.address().port}/callback`, server };
}

function authorizeUrl(app, redirectUri, parameters = {}) {
  const url = new URL(`${test.url}/${test.tenant}/oauth2/v2.0/authorize`);
  url.search = new URLSearchParams({
    client_id: app.appId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid profile',
    state: 'the state',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...parameters,
  });
  return url.href;
}

// Chromium gives a page's first field the focus a moment after the page is there.
const inField = (page) =>
  page.waitForFunction(() => document.activeElement?.matches('input:not([type=hidden])'));
const account = `${test.url}/${test.tenant}/account`;

// A device without a browser begins.
async function beginOnDevice() {
  const answer = await fetch(`${test.url}/${test.tenant}/oauth2/v2.0/devicecode`, {
    method: 'POST',
    headers: { 'user-agent': 'television/1.0' },
    body: new URLSearchParams({
      client_id: test.desktop.appId, scope: `openid offline_access ${test.api}/read`,
    }),
  });
  assert.equal(answer.status, 200);
  return answer.json();
}

const scenarios = {
  async keyboard() {
    const app = await listen();
    const page = await open();
    await page.goto(authorizeUrl(test.app, app.uri));
    assert.equal(await heading(page), 'Sign in');
    // The first field has the focus; nothing but the keyboard is used from here on.
    await inField(page);
    await page.keyboard.type(test.john);
    await page.keyboard.press('Tab');
    await page.keyboard.type(test.password);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${app.uri}**`);
    assert.ok(app.seen[0].params.get('code'));
    assert.equal(app.seen[0].params.get('state'), 'the state');
    assert.equal(app.seen[0].params.get('iss'), test.issuer);
    app.server.close();
  },

  async wrong_password() {
    const page = await open();
    await signIn(page, account, test.john, 'not the password');
    assert.match(await page.getByRole('alert').innerText(), /not right/);
    assert.equal(await page.getByLabel('User name').inputValue(), test.john);
    assert.equal(await page.getByLabel('Password').inputValue(), '');
    const fields = await page.getByLabel('Password').getAttribute('aria-invalid');
    assert.equal(fields, 'true');
    await signIn(page, account, 'nobody@contoso.com', 'not the password');
    assert.match(await page.getByRole('alert').innerText(), /not right/);
    await shot(page, 'sign-in-wrong');
  },

  // With a link in a mail; nothing but the keyboard is used, and it fits a telephone.
  async password_reset() {
    const page = await open({ colorScheme: 'dark', viewport: { width: 320, height: 640 } });
    await page.goto(account);
    await page.getByRole('link', { name: 'Forgot your password?' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/password-reset');
    await inField(page);
    await noSidewaysScrolling(page, 'asking for a link');
    await shot(page, 'password-reset-ask-dark');
    await page.keyboard.type('johndoe');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
    await noSidewaysScrolling(page, 'the page after asking');
    await shot(page, 'password-reset-asked-dark');
    const file = `${test.mails}/1.txt`;
    while (!fs.existsSync(file)) await new Promise((resolve) => { setTimeout(resolve, 50); });
    const link = fs.readFileSync(file, 'utf8').match(/https:\S+code=\S+/)[0];

    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(link);
    await inField(page);
    await noSidewaysScrolling(page, 'choosing a password');
    await page.keyboard.type('short');
    await page.keyboard.press('Tab');
    await page.keyboard.type('short');
    await page.keyboard.press('Enter');
    assert.match(await page.getByRole('alert').innerText(), /at least 12/);
    await inField(page);
    await shot(page, 'password-reset-wrong-light');
    await page.keyboard.type(test.wanted);
    await page.keyboard.press('Tab');
    await page.keyboard.type(test.wanted);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'The new password is set' }).waitFor();
    await shot(page, 'password-reset-done-light');
    await page.goto(link);
    assert.match(await page.getByRole('alert').innerText(), /It was used/);
    await noSidewaysScrolling(page, 'a link that is void');
    await shot(page, 'password-reset-void-light');
  },

  async consent() {
    const app = await listen();
    const page = await open();
    const url = authorizeUrl(test.desktop, app.uri, { scope: `openid offline_access ${test.api}/read` });
    await signIn(page, url);
    assert.match(await heading(page), /asks for your permission/);
    await page.getByRole('button', { name: 'Decline' }).click();
    await page.waitForURL(`${app.uri}**`);
    assert.equal(app.seen[0].params.get('error'), 'access_denied');
    await page.goto(url);
    await page.getByRole('button', { name: 'Accept' }).click();
    await page.waitForURL(`${app.uri}**`);
    assert.ok(app.seen[1].params.get('code'));
    // Agreed once, it is not asked again.
    await page.goto(url);
    await page.waitForURL(`${app.uri}**`);
    assert.ok(app.seen[2].params.get('code'));
    app.server.close();
  },

  async sessions() {
    const [here, elsewhere] = [await open(), await open()];
    await signIn(here, account);
    await signIn(elsewhere, account);
    assert.equal(await heading(elsewhere), 'Your account');
    await here.reload();
    assert.equal(await here.getByText('Address').count(), 2);
    await here.getByRole('button', { name: /^End the session/ }).click();
    assert.match(await here.getByRole('status').innerText(), /was ended/);
    await here.waitForLoadState();
    assert.equal(await here.getByText('Address').count(), 1);
    await elsewhere.reload();
    assert.equal(await heading(elsewhere), 'Sign in');
    await here.reload();
    assert.equal(await heading(here), 'Your account');
  },

  async sign_out() {
    const page = await open();
    await signIn(page, account);
    const before = await page.context().cookies();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.goto(account);
    assert.equal(await heading(page), 'Sign in');
    // The cookie that was taken before is dead too.
    const thief = await open();
    await thief.context().addCookies(before);
    await thief.goto(account);
    assert.equal(await heading(thief), 'Sign in');
  },

  async form_post() {
    const app = await listen();
    const page = await open();
    await signIn(page, authorizeUrl(test.app, app.uri, { response_mode: 'form_post' }));
    const button = page.getByRole('button', { name: /continue/i });
    await Promise.race([page.waitForURL(`${app.uri}**`),
      button.waitFor().then(() => button.click())]);
    await page.waitForURL(`${app.uri}**`);
    assert.equal(app.seen[0].method, 'POST');
    assert.ok(app.seen[0].params.get('code'));
    app.server.close();
  },

  async device() {
    const page = await open();
    const begun = await beginOnDevice();
    await page.goto(begun.verification_uri);
    // Nothing but the keyboard from here on.
    await inField(page);
    await page.keyboard.type(test.john);
    await page.keyboard.press('Tab');
    await page.keyboard.type(test.password);
    await page.keyboard.press('Enter');
    await page.getByLabel('Code').waitFor();
    await inField(page);
    await page.keyboard.type('BBBB-BBBB');
    await page.keyboard.press('Enter');
    assert.match(await page.getByRole('alert').innerText(), /not known/);
    await page.getByLabel('Code').fill('');
    await page.keyboard.type(begun.user_code.toLowerCase());
    await page.keyboard.press('Enter');
    await page.getByText('on a device in front of you').waitFor();
    // Without the tick the browser does not send it.
    await page.getByRole('button', { name: 'Let the device sign in' }).click();
    assert.match(await heading(page), /^Let another device sign in to Desktop/);
    await page.getByLabel('I started this').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('You can close this page').waitFor();
    // Declining needs no tick.
    const second = await beginOnDevice();
    await page.goto(second.verification_uri_complete);
    assert.equal(await page.getByLabel('Code').inputValue(), second.user_code);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(await heading(page), 'Nothing was given');
  },

  async narrow_and_dark() {
    const app = await listen();
    for (const colorScheme of ['light', 'dark']) {
      for (const width of [360, 1100]) {
        const name = `${colorScheme}-${width}`;
        const page = await open({ colorScheme, viewport: { width, height: 780 } });
        const url = authorizeUrl(test.desktop, app.uri, {
          scope: `openid profile offline_access ${test.api}/read`, prompt: 'consent',
        });
        await page.goto(url);
        await noSidewaysScrolling(page, 'the sign-in page');
        await shot(page, `sign-in-${name}`);
        await signIn(page, url);
        await noSidewaysScrolling(page, 'the consent page');
        await shot(page, `consent-${name}`);
        const begun = await beginOnDevice();
        await page.goto(begun.verification_uri_complete);
        await noSidewaysScrolling(page, 'the page for devices');
        await shot(page, `device-${name}`);
        await page.getByRole('button', { name: 'Next' }).click();
        await noSidewaysScrolling(page, 'the page that lets a device in');
        await shot(page, `device-confirm-${name}`);
        await page.goto(account);
        await noSidewaysScrolling(page, 'the account page');
        await shot(page, `account-${name}`);
        await page.goto(`${test.url}/${test.tenant}/oauth2/v2.0/logout`);
        await noSidewaysScrolling(page, 'the sign-out page');
        await shot(page, `sign-out-${name}`);
        await page.goto(authorizeUrl({ appId: test.tenant }, app.uri));
        await noSidewaysScrolling(page, 'the error page');
        await shot(page, `error-${name}`);
      }
    }
    app.server.close();
  },

  async without_script() {
    const page = await open({ javaScriptEnabled: false });
    await signIn(page, account);
    assert.equal(await heading(page), 'Your account');
  },

  async revoked() {
    const page = await open();
    await signIn(page, account);
    assert.equal(await heading(page), 'Your account');
    revoke(test.john);
    await page.reload();
    assert.equal(await heading(page), 'Sign in');
    await signIn(page, account);
    assert.equal(await heading(page), 'Sign-in is not possible');
    await shot(page, 'sign-in-revoked');
  },
};

await mainInChromium(scenarios);
