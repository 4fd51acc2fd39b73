import { fileURLToPath } from 'node:url';
import { mergeConfig, type Plugin } from 'vitest/config';
import shared from '../../tooling/vitest.js';

/** The packages of NestJS 12, which cannot be installed beside those of 11 in one package. */
const nest12 = fileURLToPath(new URL('nest-12/package.json', import.meta.url));

const withNest12: Plugin = {
  name: 'with-nest-12',
  enforce: 'pre',
  resolveId(id) {
    return id.startsWith('@nestjs/') ? this.resolve(id, nest12, { skipSelf: true }) : undefined;
  },
};

/** Each test runs on NestJS 11 and on 12. */
export default mergeConfig(shared, {
  test: {
    projects: [
      { extends: true, test: { name: 'NestJS 11' } },
      { extends: true, plugins: [withNest12], test: { name: 'NestJS 12' } },
    ],
  },
});
