import { useEffect, useState } from 'preact/hooks';
import { base, type Query, queryText } from './router.js';

/** Why something could not be read or done. */
export interface Problem {
  title: string;
  status: number;
  detail?: string;
  code?: string;
}

/** An answer of the API that was no success. */
class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

const unreachable: Problem = {
  title: 'No connection',
  status: 0,
  detail: 'The dashboard cannot be reached. It is tried again.',
};

/** The address of a part of the API. */
export function apiAddress(path: readonly string[], query: Query = {}): string {
  const text = queryText(query);
  return `${base}/api/${path.map(encodeURIComponent).join('/')}${text && `?${text}`}`;
}

/** Reads something once. @throws ProblemError */
async function read<Answer>(url: string, signal?: AbortSignal): Promise<Answer> {
  return answerOf(
    await fetch(url, { signal: signal ?? null, headers: { accept: 'application/json' } }),
  );
}

/** Tells that something was changed, so that it is seen at once. */
const changes = new EventTarget();

/** Changes something. @throws ProblemError */
export async function change<Answer>(
  method: 'POST' | 'PUT',
  path: readonly string[],
  body: object = {},
): Promise<Answer> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const response = await fetch(apiAddress(path), { method, headers, body: JSON.stringify(body) });
  const answer = await answerOf<Answer>(response);
  changes.dispatchEvent(new Event('change'));
  return answer;
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  if (response.ok) return response.json();
  const text = await response.text();
  try {
    throw new ProblemError(JSON.parse(text));
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError({ title: response.statusText, status: response.status });
  }
}

export function problemOf(error: unknown): Problem {
  return error instanceof ProblemError ? error.problem : unreachable;
}

/** What was read last, and why nothing newer could be. */
export interface Reading<Answer> {
  data: Answer | undefined;
  problem: Problem | undefined;
  /** Reads it again. */
  again(): void;
}

/** Reads something once, and again when its address changes. */
export function useRead<Answer>(url: string | undefined): Reading<Answer> {
  const [state, setState] = useState<{ url?: string; data?: Answer; problem?: Problem }>({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (url === undefined) return;
    const ending = new AbortController();
    read<Answer>(url, ending.signal).then(
      (data) => setState({ url, data }),
      (error) => {
        if (!ending.signal.aborted) setState({ url, problem: problemOf(error) });
      },
    );
    return () => ending.abort();
  }, [url, round]);
  const isCurrent = state.url === url;
  return {
    data: isCurrent ? state.data : undefined,
    problem: isCurrent ? state.problem : undefined,
    again: () => setRound((before) => before + 1),
  };
}

const retryMs = 3000;

/**
 * Follows something that changes. While the page is hidden, nothing is asked for. While another address is read, what was read last stays, so
 * that a change of a filter does not make the page flicker.
 */
export function useLive<Answer>(url: string | undefined): Reading<Answer> {
  const [state, setState] = useState<{ data?: Answer; problem?: Problem }>({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (url === undefined) return;
    const again = () => setRound((before) => before + 1);
    changes.addEventListener('change', again);
    const stop = follow(url, {
      came: (text) => setState({ data: JSON.parse(text) }),
      failed: (problem) =>
        setState(({ data }) => ({ ...(data !== undefined && { data }), problem })),
    });
    return () => {
      changes.removeEventListener('change', again);
      stop();
    };
  }, [url, round]);
  return {
    data: state.data,
    problem: state.problem,
    again: () => setRound((before) => before + 1),
  };
}

interface Follower {
  came(text: string): void;
  failed(problem: Problem): void;
}

/** Follows a stream of events until the returned function is called. */
export function follow(url: string, { came, failed }: Follower): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const stop = () => {
    source?.close();
    clearTimeout(timer);
    source = undefined;
  };
  const start = () => {
    stop();
    const opened = new EventSource(url);
    source = opened;
    opened.onmessage = ({ data }) => came(data);
    opened.addEventListener('problem', ({ data }) => failed(JSON.parse(data)));
    opened.onerror = () => {
      if (source !== opened) return;
      if (opened.readyState === EventSource.CONNECTING) {
        failed(unreachable);
        return;
      }
      // It was refused; an event does not say why.
      stop();
      read(url).catch((error) => failed(problemOf(error)));
      timer = setTimeout(start, retryMs);
    };
  };
  const update = () => {
    if (document.hidden) stop();
    else if (!source) start();
  };
  document.addEventListener('visibilitychange', update);
  update();
  return () => {
    document.removeEventListener('visibilitychange', update);
    stop();
  };
}
