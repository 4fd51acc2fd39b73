import { everything } from './everything.mjs';

everything().then(console.log);
