import { sharingModules } from '../../tooling/vitest.js';

export default sharingModules();
