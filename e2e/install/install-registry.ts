import { Registry } from '../src/release/registry.js';

/** The files of tests run at the same time, each with a registry of its own. */
export default () => Registry.install();
