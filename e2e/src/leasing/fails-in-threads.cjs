// Preloaded by a flag of the program.
const { isMainThread } = require('node:worker_threads');

if (!isMainThread) throw new Error('preloaded in the thread');
