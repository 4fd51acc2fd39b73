import { library } from '../../tooling/tsup.js';
import { bundledPage } from './bundled-page.js';

const page = bundledPage({ place: /src\/page-text\.ts$/, program: 'page/main.tsx' });

export default library({ index: 'src/index.ts' }, [page]);
