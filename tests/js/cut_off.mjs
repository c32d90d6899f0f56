// tests/js/cut_off.mjs: somebody's access is revoked while a client goes on using it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';

import { test } from './person.mjs';

const PENDING = 3; // what `curfew revoke` ends with where applications keep sessions of their own

async function revokeBeside(name) {
  const command = spawn(test.curfew, ['--data', test.data, 'revoke', name, '--yes']);
  let printed = '';
  command.stdout.on('data', (piece) => { printed += piece; });
  command.stderr.on('data', (piece) => { printed += piece; });
  const code = await new Promise((resolve, reject) => {
    command.on('close', resolve);
    command.on('error', reject);
  });
  assert.ok(code === 0 || code === PENDING, `curfew revoke ended with ${code}\n${printed}`);
}

// `use` works; `curfew revoke NAME` runs while it is tried again and again; the first error that it
// rejects with. What begins after the command has ended must be refused. Prints the time between
// the start of the command and the refusal, as the figure of `what`.
export async function cutOff(what, name, use) {
  await use();
  const begun = performance.now();
  let isRevoked = false;
  const command = revokeBeside(name).then(() => { isRevoked = true; });
  for (;;) {
    const beganAfter = isRevoked;
    // One at a time: what is measured is one client, not a load.
    const refusal = await use().then(() => null, (error) => error);
    if (refusal) {
      const millis = performance.now() - begun;
      await command;
      console.log(`figure: ${what}: works, curfew revoke, refused after ${millis.toFixed(0)} ms`);
      return refusal;
    }
    assert.ok(!beganAfter, `${what}: works after the revocation`);
  }
}
