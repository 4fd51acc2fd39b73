import { program } from '../../tooling/tsup.js';

export default program({ index: 'src/index.ts', victim: 'src/victim.ts' });
