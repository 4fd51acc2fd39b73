import { bundledText } from '../../tooling/bundled-text.js';
import { library } from '../../tooling/tsup.js';

const threadCode = bundledText({ place: /thread\/code\.ts$/, program: 'src/thread/worker.ts' });

/** It is loaded when it is needed, so it stays a file of its own in CommonJS, where nothing is split. */
const threadCodeApart: typeof threadCode = {
  name: 'thread-code-apart',
  setup({ initialOptions, onResolve }) {
    if (initialOptions.format !== 'cjs') return;
    onResolve({ filter: /^\.\/code\.js$/ }, () => ({
      path: './heartbeat-thread.cjs',
      external: true,
    }));
  },
};

export default library(
  {
    index: 'src/index.ts',
    consuming: 'src/consuming/index.ts',
    embedded: 'src/embedded/index.ts',
    'heartbeat-thread': 'src/thread/code.ts',
  },
  [threadCode, threadCodeApart],
);
