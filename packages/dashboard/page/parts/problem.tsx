import type { ComponentChildren } from 'preact';
import type { Problem } from '../api.js';

/** Says why what is shown is not new, or is missing. */
export function ProblemNote({ problem }: { problem: Problem | undefined }) {
  if (!problem) return null;
  return (
    <p class="note danger" role="alert">
      <strong>{problem.title}.</strong> {problem.detail}
    </p>
  );
}

/** Stands where something will be shown. */
export function Loading({ problem }: { problem: Problem | undefined }) {
  if (problem) return <ProblemNote problem={problem} />;
  return (
    <p class="quiet" aria-busy="true">
      Reading…
    </p>
  );
}

interface LoadedProps<Data> {
  data: Data | undefined;
  problem: Problem | undefined;
  children(data: Data): ComponentChildren;
}

/** Shows what was read, and above it why that is not new. */
export function Loaded<Data>({ data, problem, children }: LoadedProps<Data>) {
  if (data === undefined) return <Loading problem={problem} />;
  return (
    <>
      <ProblemNote problem={problem} />
      {children(data)}
    </>
  );
}
