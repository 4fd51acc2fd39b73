import { library } from '../../tooling/tsup.js';

export default library({
  index: 'src/index.ts',
  testing: 'src/testing/index.ts',
  move: 'src/move/index.ts',
});
