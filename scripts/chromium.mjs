import { fileURLToPath } from 'node:url';
import { ensureProgram, find } from './system-program.mjs';

// As in packages/dashboard/test/support/browser.ts.
const names = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where Chromium is, or undefined. */
export function chromiumPath() {
  // biome-ignore lint/suspicious/noUndeclaredEnvVars: turbo.json of the dashboard has it, for its tests.
  return process.env.REDPOST_CHROMIUM ?? names.map(find).find(Boolean);
}

/** Makes sure that there is a Chromium for the tests of the dashboard. False when it cannot. */
export function ensureChromium() {
  // biome-ignore lint/suspicious/noUndeclaredEnvVars: turbo.json of the dashboard has it, for its tests.
  if (process.env.REDPOST_CHROMIUM) return Promise.resolve(true);
  const packages = { 'apt-get': 'chromium', dnf: 'chromium', apk: 'chromium' };
  return ensureProgram({ title: 'Chromium', names, packages, advice: 'Install Chromium' });
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !(await ensureChromium())) {
  process.exitCode = 1;
}
