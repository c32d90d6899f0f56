// tests/js/gate_browser.mjs: a person with Chromium at an application behind a gate: lets them in,
// keeps things open, cuts them off, blocks downloads.
//
// Settings beside those of window.mjs: app.
import assert from 'node:assert/strict';

import { cutOff } from './cut_off.mjs';
import { curfew, test } from './person.mjs';
import { heading, mainInChromium, noSidewaysScrolling, open, shot, signIn } from './window.mjs';

const wiki = `${test.origin}/page`;
const BLOCKED = 'This file cannot be downloaded here';

// What a person sees at a desk and on a telephone, in either colours.
async function shots(page, name) {
  for (const [width, height] of [[1100, 780], [320, 640]]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await noSidewaysScrolling(page, name);
      await shot(page, `gate-${name}-${colorScheme}-${width}`);
    }
  }
  await page.setViewportSize({ width: 1100, height: 780 });
}

async function comeIn(page, name = test.john) {
  await signIn(page, wiki, name);
  await page.waitForURL(wiki);
  assert.equal(await heading(page), 'Wiki');
}

// In the page: an event stream, a WebSocket and a long fetch; `kept` has how many pieces of each
// came, when it first broke off, and whether it was tried again in vain.
function keepOpen() {
  const begin = () => ({ pieces: 0, end: null, isOver: false });
  window.kept = { events: begin(), socket: begin(), long: begin() };
  const { events, socket, long } = window.kept;
  const ended = (one) => { one.end ??= Date.now(); };

  const source = new EventSource('/events');
  source.onmessage = () => { events.pieces += 1; };
  source.onerror = () => {
    ended(events);
    // It comes again by itself, until an answer says that it must not.
    events.isOver = source.readyState === EventSource.CLOSED;
  };

  const web = new WebSocket(`wss://${window.location.host}/socket`);
  web.onmessage = () => { socket.pieces += 1; };
  web.onclose = () => { ended(socket); socket.isOver = true; };

  fetch('/long').then(async (answer) => {
    const reader = answer.body.getReader();
    while (!(await reader.read()).done) long.pieces += 1;
  }).catch(() => { long.isOver = true; }).finally(() => ended(long));
}

const kept = (page) => page.evaluate(() => window.kept);

// Until more of each has come than there was.
async function keepsComing(page) {
  const before = await kept(page);
  await page.waitForFunction((past) => Object.keys(past)
    .every((name) => window.kept[name].pieces > past[name].pieces), before);
  const ends = Object.values(await kept(page)).map((one) => one.end);
  assert.deepEqual(ends, [null, null, null]);
}

async function opened(name) {
  const page = await open();
  await comeIn(page, name);
  await page.evaluate(keepOpen);
  await page.waitForFunction(() => Object.values(window.kept).every((one) => one.pieces > 0));
  return page;
}

// A script of the page asks, as it did before, until it is refused.
function cutOffInPage(page, what) {
  return cutOff(what, test.john, async () => {
    const status = await page.evaluate(() => fetch('/said').then((answer) => answer.status));
    if (status !== 200) throw new Error(`refused with ${status}`);
  });
}

async function isSentAway(page) {
  await page.goto(wiki);
  assert.ok(page.url().startsWith(test.url), `still at ${page.url()}`);
  assert.equal(await heading(page), 'Sign in');
  await signIn(page, wiki);
  await page.getByRole('heading', { name: 'Sign-in is not possible' }).waitFor();
}

function isHeldBack(page) {
  return page.getByRole('heading', { name: BLOCKED }).waitFor();
}

// What comes of a link that is clicked: the download, when it has ended.
async function downloadOf(page, name) {
  const [download] = await Promise.all([
    page.waitForEvent('download'), page.getByRole('link', { name, exact: true }).click()]);
  return download;
}

const scenarios = {
  // Whoever asks a gate about each request, asks once: what is open stays open.
  async asked_for_each_request() {
    const page = await open();
    await page.goto(wiki);
    assert.ok(page.url().startsWith(test.url), page.url());
    assert.equal(await heading(page), 'Sign in');
    await shots(page, 'sign-in');
    await comeIn(page);
    const alices = await open();
    await comeIn(alices, test.alice);
    const refusal = await cutOffInPage(page, 'Chromium behind a web server that asks');
    assert.equal(refusal.message, 'refused with 401');
    await isSentAway(page);
    await shots(page, 'refused');
    await alices.goto(wiki);
    assert.equal(await heading(alices), 'Wiki');
  },

  async what_is_open_is_cut() {
    const [johns, alices] = [await opened(test.john), await opened(test.alice)];
    await keepsComing(johns);
    const begun = Date.now();
    // The request that is on its way is cut as well; the next one is refused.
    await cutOffInPage(johns, 'Chromium behind the nginx module');
    assert.equal(await johns.evaluate(() => fetch('/said').then((answer) => answer.status)), 401);
    await johns.waitForFunction(() => Object.values(window.kept).every((one) => one.isOver));
    const last = Math.max(...Object.values(await kept(johns)).map((one) => one.end));
    console.log('figure: Chromium behind the nginx module: event stream, WebSocket and fetch end '
      + `${last - begun} ms after curfew revoke began`);
    await keepsComing(alices);
    await isSentAway(johns);
    await keepsComing(alices);
  },

  async downloads_are_blocked() {
    const page = await open();
    await comeIn(page);
    assert.equal(await (await downloadOf(page, 'The plan')).failure(), null);
    const running = await downloadOf(page, 'Everything');
    curfew(['app', 'set', test.app.appId, '--session-control', 'blockDownloads']);
    assert.ok(await running.failure(), 'a download that ran went on to its end');
    // Renewed silently, under the new rule.
    await page.goto(wiki);
    assert.equal(await heading(page), 'Wiki');
    await page.getByRole('link', { name: 'The plan', exact: true }).click();
    await isHeldBack(page);
    await shots(page, 'blocked');
    await page.goto(`${test.origin}/plan.pdf`);
    await isHeldBack(page);
    await page.goBack();
    await page.goto(wiki);
    assert.ok(await (await downloadOf(page, 'Save the plan')).failure(), 'it was saved');
    curfew(['app', 'set', test.app.appId, '--session-control', '']);
    // Once the gate has it too.
    const deadline = Date.now() + 30_000;
    const statusOfPlan = () => page.evaluate(() => fetch('/plan.zip').then((answer) => answer.status));
    do {
      assert.ok(Date.now() < deadline, 'downloads are still blocked');
      await page.goto(wiki);
    } while (await statusOfPlan() !== 200);
    assert.equal(await (await downloadOf(page, 'The plan')).failure(), null);
  },

  async pages_of_a_gate() {
    const page = await open();
    await page.goto(`${test.origin}/.curfew/callback?state=of-nobody`);
    assert.equal(await heading(page), 'This sign-in cannot be completed');
    await shots(page, 'callback');
    await comeIn(page);
    await page.goto(`${test.origin}/.curfew/sign-out`);
    assert.equal(await heading(page), 'Sign out');
    await shots(page, 'sign-out');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    await shots(page, 'signed-out');
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  },

  // The gate does not know what is revoked by now.
  async nobody_is_let_in_without_a_lease() {
    const page = await open();
    await signIn(page, wiki);
    await page.getByRole('heading', { name: 'Not possible just now' }).waitFor();
    await shots(page, 'unavailable');
  },
};

await mainInChromium(scenarios);
