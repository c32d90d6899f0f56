// tests/js/window.mjs: windows of one Chromium, as a person has them, and pictures of what they see.
//
// Settings beside those of person.mjs: chromium, shots (a folder for screenshots, or empty), and,
// where pages of a gate are looked at, origin (of the site that it protects).
import assert from 'node:assert/strict';
import fs from 'node:fs';

import { chromium } from 'playwright-core';

import { main, test } from './person.mjs';

const browser = await chromium.launch({
  executablePath: test.chromium,
  args: ['--no-sandbox', '--disable-gpu'],
});

// What Chromium complains about in pages of ours: script errors, refused resources, violated policies.
const complaints = [];
const isOurs = (url) => url.startsWith(test.url) ||
  (test.origin && url.startsWith(`${test.origin}/.curfew/`));

export async function open(options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  const page = await context.newPage();
  page.on('console', (message) => {
    const { url } = message.location();
    // Pages that say no have a status that Chromium calls an error.
    const isAnswer = /status of (400|403|503)/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isAnswer && isOurs(url)) {
      complaints.push(`${url}: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return page;
}

export const heading = (page) => page.locator('h1').innerText();

export async function shot(page, name) {
  if (!test.shots) return;
  fs.mkdirSync(test.shots, { recursive: true });
  await page.screenshot({ path: `${test.shots}/${name}.png`, fullPage: true });
}

// Opens an address that leads to the sign-in form, and fills that in.
export async function signIn(page, url, name = test.john, password = test.password) {
  await page.goto(url);
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export async function noSidewaysScrolling(page, what) {
  // A click comes back as soon as the next page begins, which may have nothing in it yet.
  await page.waitForLoadState();
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  const visible = await page.evaluate(() => document.documentElement.clientWidth);
  assert.ok(width <= visible, `${what} is ${width} px wide in a window of ${visible}`);
}

// Runs the scenario named on the command line; Chromium ends with it.
export async function mainInChromium(scenarios) {
  try {
    await main(scenarios);
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
  }
}
