export const help = `Producers, consumers and subscribers on Redis lists and channels, in one terminal.

Usage: npm run demo -- [options]

  --producers <n>        how many producers            1 to 500, default 10
  --consumers <n>        how many consumers            1 to 500, default 10
  --messages <n>         messages of each producer     1 to 100000, default 10
  --interval <duration>  time between two messages     500ms, 2s, 1m; default 2s
  --redis <url>          the Redis to use              default: REDIS_URL, else a private one
  --dashboard            open the dashboard beside it, in a browser
  --help                 this text

Examples:
  npm run demo
  npm run demo -- --interval 200ms
  npm run demo -- --dashboard
  npm run demo -- --producers 3 --consumers 2 --messages 20 --interval 500ms
  REDIS_URL=redis://localhost:6379 npm run demo

Exit code: 0 when every message was consumed once, 1 when not, 2 for a wrong option.`;
