import { onTestFinished, vi } from 'vitest';

/** Keeps process warnings to itself until the test ends; the function it returns tells their texts. */
export function collectWarnings(): () => string[] {
  const spy = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  onTestFinished(() => spy.mockRestore());
  return () => spy.mock.calls.map(([text]) => String(text));
}
