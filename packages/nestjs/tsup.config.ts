import { library } from '../../tooling/tsup.js';

export default library({
  index: 'src/index.ts',
  microservices: 'src/microservices/index.ts',
  testing: 'src/testing/index.ts',
});
