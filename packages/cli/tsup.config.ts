import { program } from '../../tooling/tsup.js';

export default program({ bin: 'src/bin.ts' });
