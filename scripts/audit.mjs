// Fails when something that is installed with a package is known to be vulnerable.
import { pnpm } from './pnpm.mjs';

process.exitCode = await pnpm(['audit', '--prod']);
