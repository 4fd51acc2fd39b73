import { publishedScripts } from '../../tooling/published-scripts.js';
import { library } from '../../tooling/tsup.js';

export default library(
  {
    index: 'src/index.ts',
    testing: 'src/testing/index.ts',
    move: 'src/move/index.ts',
  },
  [publishedScripts({ module: 'src/published/index.ts', folder: 'dist/scripts' })],
);
