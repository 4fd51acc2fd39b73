/** Runs `job` while this process stands still, and lets it go on afterwards. */
export async function whileFrozen<Result>(
  pid: number,
  job: () => Promise<Result>,
): Promise<Result> {
  process.kill(pid, 'SIGSTOP');
  try {
    return await job();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}
