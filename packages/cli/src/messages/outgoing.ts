import { isRedpostError } from '@redpost/core/consuming';
import { counted, say } from '../output/notices.js';
import { Progress } from '../output/progress.js';
import { exitCodes, explain, Failure, isWrongInput, wrongInput } from '../program/exit-codes.js';
import { onAbort } from '../program/interruption.js';
import type { Run } from '../run.js';
import { type Body, BodySyntaxError, type CodecName, parseBody } from './body-codec.js';
import { type LineBatch, lineBatches } from './input-lines.js';

/** The outcome of one body: the line to print, or the error. */
type Outcome = { line: string } | { error: unknown };

/** Sends bodies, in their order, in one round trip if possible. Never rejects. */
export type Deliver = (bodies: Body[]) => Promise<Outcome[]>;

export interface OutgoingOptions {
  codec: CodecName;
  /** Print nothing on stdout. */
  quiet?: boolean;
}

/** How many batches may be in progress: one in the server while others are read and written. */
const batchesInFlight = 4;

/** The bodies of the command line: when one of them is wrong, none is sent. */
export function parseArguments(bodies: readonly string[], codec: CodecName): Body[] {
  return bodies.map((text) => parseArgument(text, codec));
}

/** A body of the command line. */
export function parseArgument(text: string, codec: CodecName): Body {
  try {
    return parseBody(text, codec);
  } catch (error) {
    throw wrongInput(explain(error));
  }
}

/** For a command whose bodies may come from stdin. */
export function refuseTerminalInput(command: string): void {
  if (!process.stdin.isTTY) return;
  throw wrongInput(`no bodies: give them as arguments, or a line each on stdin; see ${command} -h`);
}

/** Sends the arguments. @returns the exit code. */
export async function sendArguments(
  run: Run,
  bodies: Body[],
  options: OutgoingOptions,
  deliver: Deliver,
): Promise<number> {
  const report = new Report(run, options, 'body');
  const places = bodies.map((_, at) => at + 1);
  report.add(places, await deliver(bodies));
  return report.finish();
}

/**
 * Sends a body per line of stdin, with bounded memory. Stops reading at the first line that is wrong or
 * cannot be sent. The lines before it have been sent, in order.
 *
 * @returns the exit code.
 */
export async function sendInput(
  run: Run,
  options: OutgoingOptions,
  deliver: Deliver,
): Promise<number> {
  const report = new Report(run, options, 'line');
  const underWay: Promise<void>[] = [];
  let problem: Failure | undefined;
  onAbort(run.interruption.stopping, () => process.stdin.destroy());

  try {
    for await (const batch of lineBatches(process.stdin)) {
      const parsed = parseLines(batch, options.codec);
      underWay.push(deliver(parsed.bodies).then((outcomes) => report.add(parsed.places, outcomes)));
      problem = parsed.problem;
      if (problem || report.hasFailures || run.interruption.stopping.aborted) break;
      if (underWay.length >= batchesInFlight) await underWay.shift();
      // When the reader of stdout has ended, messages are still sent.
      await run.output.pressure?.catch(() => {});
    }
  } catch (error) {
    // Node reports an error for an input that was closed by Ctrl-C.
    if (!run.interruption.stopping.aborted) problem = asFailure(error);
  }
  await Promise.all(underWay);
  return report.finish(problem);
}

interface ParsedLines {
  bodies: Body[];
  /** The number of each body's line. */
  places: number[];
  problem?: Failure;
}

/** The bodies of a batch, up to the first one that is wrong. */
function parseLines({ first, lines }: LineBatch, codec: CodecName): ParsedLines {
  const bodies: Body[] = [];
  const places: number[] = [];
  for (const [at, text] of lines.entries()) {
    if (codec !== 'text' && text.trim() === '') continue;
    try {
      bodies.push(parseBody(text, codec));
      places.push(first + at);
    } catch (error) {
      if (!(error instanceof BodySyntaxError)) throw error;
      return { bodies, places, problem: wrongInput(`line ${first + at}: ${error.message}`) };
    }
  }
  return { bodies, places };
}

/** Prints the messages that were sent, and counts the others. */
class Report {
  readonly #run: Run;
  readonly #options: OutgoingOptions;
  readonly #noun: 'line' | 'body';
  readonly #progress = new Progress();
  #sent = 0;
  #last = 0;
  /** Ranges of lines that failed for the same reason, so that a million failures are reported in one line. */
  readonly #failures: { from: number; to: number; why: string; exitCode: number }[] = [];

  constructor(run: Run, options: OutgoingOptions, noun: 'line' | 'body') {
    this.#run = run;
    this.#options = options;
    this.#noun = noun;
  }

  get hasFailures(): boolean {
    return this.#failures.length > 0;
  }

  add(places: readonly number[], outcomes: readonly Outcome[]): void {
    for (const [at, outcome] of outcomes.entries()) {
      const place = places[at] ?? 0;
      if ('error' in outcome) this.#fail(place, outcome.error);
      else this.#succeed(place, outcome.line);
    }
    this.#progress.tell(() => `${counted(this.#sent, 'message')} sent`);
  }

  /** Reports the failures. The exit code of a permanent failure takes precedence. */
  async finish(problem?: Failure): Promise<number> {
    const { interruption, output } = this.#run;
    await output.flushed();
    for (const { from, to, why } of this.#failures) {
      say(`${this.#noun} ${from === to ? from : `${from} to ${to}`} ${why}`);
    }
    if (problem) say(problem.message);
    if (this.#noun === 'line') this.#summarize(problem);
    if (problem) return problem.exitCode;
    const [failure] = this.#failures;
    return failure?.exitCode ?? interruption.exitCode ?? exitCodes.done;
  }

  /** Prints nothing after a success, unless it took longer than a second, or there were no messages at all. */
  #summarize(problem: Failure | undefined): void {
    const sent = counted(this.#sent, 'message');
    const wasStopped = this.#run.interruption.stopping.aborted;
    if (problem) say(`stopped there: ${sent} sent, nothing after that line`);
    else if (this.hasFailures) say(`stopped reading: ${sent} sent`);
    else if (wasStopped) say(`interrupted: ${sent} sent, the last one from line ${this.#last}`);
    else if (this.#sent === 0) say('nothing was sent: the input is empty');
    else this.#progress.end(() => `${sent} sent`);
  }

  #succeed(place: number, line: string): void {
    this.#sent += 1;
    this.#last = place;
    // All messages are sent even if only the first lines are read (`| head`).
    if (!this.#options.quiet) void this.#run.output.line(line);
  }

  #fail(place: number, error: unknown): void {
    const mayBeThere = isRedpostError(error) && 'outcome' in error && error.outcome === 'unknown';
    const why = `${mayBeThere ? 'may have been sent, or not' : 'was not sent'}: ${explain(error)}`;
    const last = this.#failures.at(-1);
    if (last?.why === why && last.to === place - 1) last.to = place;
    else {
      const exitCode = isWrongInput(error) ? exitCodes.wrongInput : exitCodes.failed;
      this.#failures.push({ from: place, to: place, why, exitCode });
    }
  }
}

function asFailure(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure(`stdin: ${explain(error)}`);
}
