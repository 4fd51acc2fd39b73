import { build } from 'esbuild';
import { mergeConfig, type Plugin } from 'vitest/config';
import shared from '../../tooling/vitest.js';
import { bundlePage, pageModule } from './bundled-page.js';

const page: Plugin = {
  name: 'bundled-page',
  enforce: 'pre',
  async load(id) {
    if (!id.endsWith('/src/page-text.ts')) return undefined;
    return pageModule(await bundlePage(build, 'page/main.tsx'));
  },
};

export default mergeConfig(shared, { plugins: [page] });
