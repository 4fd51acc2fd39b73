// Preloaded into `redpost`: at its end it tells whether it has loaded the client of Redis.
process.on('exit', () => {
  const hasClient = Object.keys(require.cache).some((path) => /[\\/]ioredis[\\/]/.test(path));
  process.stderr.write(`client loaded: ${hasClient}\n`);
});
