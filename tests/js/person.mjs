// tests/js/person.mjs: a person with a browser, for client libraries that only know tokens: follows
// redirects, keeps cookies, fills in the sign-in form, agrees to consent.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

// What tests/e2e/world.py says about the server: {url, tenant, issuer, john, alice, password, ...}.
export const test = JSON.parse(process.env.TEST);

export class Person {
  constructor(name) {
    this.name = name;
    this.cookies = new Map();
  }

  // Goes where an application sends the browser; the address at `redirectUri` that this ends at.
  async authorize(url, redirectUri) {
    let next = { url: String(url) };
    for (let step = 0; step < 12; step += 1) {
      if (next.url.startsWith(redirectUri)) return new URL(next.url);
      const answer = await this.#send(next);
      const location = answer.headers.get('location');
      next = location ? { url: new URL(location, next.url).href }
        : this.#fillIn(next.url, await answer.text());
    }
    throw new Error(`no way back to the application, last at ${next.url}`);
  }

  // Opens the page for devices, signs in, types the code and answers; the last page's heading.
  async letDeviceIn(url, userCode, answer = 'approve') {
    let next = { url: String(url) };
    for (let step = 0; step < 12; step += 1) {
      const response = await this.#send(next);
      const location = response.headers.get('location');
      const html = location ? '' : await response.text();
      const isOver = !location && !/<form/.test(html);
      if (isOver) return /<h1>([^<]*)/.exec(html)?.[1];
      next = location ? { url: new URL(location, next.url).href }
        : this.#fillIn(next.url, html, { userCode, answer });
    }
    throw new Error(`the device was not let in, last at ${next.url}`);
  }

  async #send({ url, form }) {
    const answer = await fetch(url, {
      method: form ? 'POST' : 'GET',
      body: form,
      redirect: 'manual',
      headers: {
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form ? { origin: new URL(url).origin } : {}),
      },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      this.cookies.set(name, value);
    }
    return answer;
  }

  #fillIn(url, html, device = {}) {
    const alert = /role="alert">([^<]*)/.exec(html)?.[1];
    if (alert) throw new Error(`not signed in: ${alert}`);
    const action = /<form[^>]* action="([^"]*)"/.exec(html)?.[1];
    if (!action) throw new Error(`a page without a form at ${url}: ${html.slice(0, 2000)}`);
    const unescape = (text) => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'");
    const form = new URLSearchParams();
    for (const [input] of html.matchAll(/<input type="hidden"[^>]*>/g)) {
      form.set(/ name="([^"]*)"/.exec(input)[1], unescape(/ value="([^"]*)"/.exec(input)[1]));
    }
    if (html.includes('name="password"')) {
      form.set('username', this.name);
      form.set('password', test.password);
      form.set('action', 'sign_in');
    } else if (html.includes('name="user_code"')) {
      form.set('user_code', device.userCode);
      form.set('action', 'next');
    } else if (html.includes('name="confirm"')) {
      form.set('confirm', '1');
      form.set('action', device.answer);
    } else {
      form.set('action', 'accept');
    }
    return { url: new URL(unescape(action), url).href, form };
  }
}

// `curfew ARGUMENTS` on the server's machine; its exit status must be one of `expected`.
export function curfew(args, expected = [0]) {
  const done = spawnSync(test.curfew, ['--data', test.data, ...args], { encoding: 'utf8' });
  assert.ok(expected.includes(done.status),
    `curfew ${args.join(' ')}: ${done.status}\n${done.stdout}${done.stderr}`);
  return done.stdout;
}

export function revoke(name) {
  curfew(['revoke', name, '--yes'], [0, 3]);
}

// What the server says about a token to `resource`, the application that it is for.
export async function introspect(resource, token) {
  const { client_id, client_secret } = resource.client;
  const answer = await fetch(`${test.url}/${test.tenant}/oauth2/v2.0/introspect`, {
    method: 'POST',
    body: new URLSearchParams({ token, client_id, client_secret }),
  });
  return answer.json();
}

// The error that `promise` rejects with.
export async function failure(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: `was accepted: ${JSON.stringify(value)}` });
}

// Runs the scenario named on the command line.
export async function main(scenarios) {
  const scenario = scenarios[process.argv[2]];
  if (!scenario) throw new Error(`no scenario ${process.argv[2]}`);
  await scenario();
  console.log(`passed ${process.argv[2]}`);
}
