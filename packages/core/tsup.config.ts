import { library } from '../../tooling/tsup.js';

export default library({
  index: 'src/index.ts',
  consuming: 'src/consuming/index.ts',
  embedded: 'src/embedded/index.ts',
  'heartbeat-thread': 'src/thread/worker.ts',
});
