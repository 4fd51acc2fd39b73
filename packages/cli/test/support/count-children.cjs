// Preloaded into `redpost work`: at SIGUSR2 it tells how many of the commands it has run it still knows of.
const { ChildProcess } = require('node:child_process');
const { queryObjects } = require('node:v8');

process.on('SIGUSR2', () => {
  const count = queryObjects(ChildProcess, { format: 'count' });
  process.stderr.write(`children known: ${count}\n`);
});
