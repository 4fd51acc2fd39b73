import { bundledPage } from '../../tooling/bundled-page.js';
import { library } from '../../tooling/tsup.js';

const page = bundledPage({ place: /src\/page-text\.ts$/, program: 'page/main.tsx' });

export default library({ index: 'src/index.ts' }, [page]);
