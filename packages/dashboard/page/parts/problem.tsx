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
