/**
 * The program of a system, e.g. the Python that has Celery, as scripts/test-foreign.mjs has installed it.
 *
 * @throws Error when it has not.
 */
export function programOf(system: string): string {
  const program = JSON.parse(process.env.REDPOST_FOREIGN ?? '{}')[system];
  if (program) return program;
  throw new Error(`Run this by npm run test:foreign -- ${system}, which installs what it needs`);
}
