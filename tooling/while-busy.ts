interface Asked {
  call(
    command: string,
    args: (string | number)[],
    options: { timeoutMs: number },
  ): Promise<unknown>;
}

/** A server says BUSY when a script has run for longer than this, in ms: an argument to start it with. */
export const soonBusy = ['--lua-time-limit', '10'];

const runForMs = `
  local function now() local t = redis.call('TIME') return t[1] * 1000 + t[2] / 1000 end
  local start = now()
  while now() - start < tonumber(ARGV[1]) do end
`;

/** Keeps a server that was started with {@link soonBusy} busy with a script for so long, in ms. */
export async function keepBusy(connection: Asked, ms: number): Promise<void> {
  await connection.call('EVAL', [runForMs, 0, ms], { timeoutMs: ms + 10_000 });
}
