import { build } from 'esbuild';
import { mergeConfig, type Plugin } from 'vitest/config';
import { bundlePage, pageModule } from '../../tooling/bundled-page.js';
import shared from '../../tooling/vitest.js';

const page: Plugin = {
  name: 'bundled-page',
  enforce: 'pre',
  async load(id) {
    if (!id.endsWith('/src/page-text.ts')) return undefined;
    return pageModule(await bundlePage(build, 'page/main.tsx'));
  },
};

export default mergeConfig(shared, { plugins: [page] });
