import { library } from '../../tooling/tsup.js';

export default library({ index: 'src/index.ts', embedded: 'src/embedded/index.ts' });
