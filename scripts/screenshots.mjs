import { chromiumPath, ensureChromium } from './chromium.mjs';
import { turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { run, say } from './run.mjs';

await prepare();
if (!(await ensureChromium())) process.exit(1);

say('building the command');
const built = await turbo(['build', '--filter=@redpost/cli', '--output-logs=errors-only']);
if (built === 0) say('taking the pictures of docs/pictures: about two minutes');
const env = { REDPOST_CHROMIUM: chromiumPath() };
process.exitCode = built === 0 ? await run('node', ['docs/screenshots/take.mjs'], { env }) : built;
