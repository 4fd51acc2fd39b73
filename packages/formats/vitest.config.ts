export { default } from '../../tooling/vitest.js';
