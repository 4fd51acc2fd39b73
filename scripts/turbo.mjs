// Tasks of turbo.json for those who have no pnpm: node scripts/turbo.mjs build
import { turbo } from './pnpm.mjs';

process.exitCode = await turbo(process.argv.slice(2));
