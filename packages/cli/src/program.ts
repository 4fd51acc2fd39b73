import { createRequire } from 'node:module';
import { Command } from 'commander';
import { addCancel } from './commands/cancel.js';
import { addCompletion } from './commands/completion.js';
import { addDashboard } from './commands/dashboard.js';
import { addDead } from './commands/dead.js';
import { addDestroy } from './commands/destroy.js';
import { addFind } from './commands/find.js';
import { addFlow } from './commands/flow.js';
import { addHelp } from './commands/help.js';
import { addHistory } from './commands/history.js';
import { addKeys } from './commands/keys.js';
import { addLimits } from './commands/limits.js';
import { addList } from './commands/list.js';
import { addMan } from './commands/man.js';
import { addMove } from './commands/move.js';
import { addPartitions } from './commands/partitions.js';
import { addPause } from './commands/pause.js';
import { addPeek } from './commands/peek.js';
import { addPing } from './commands/ping.js';
import { addPublish } from './commands/publish.js';
import { addPurge } from './commands/purge.js';
import { addReceive } from './commands/receive.js';
import { addRequest } from './commands/request.js';
import { addResult } from './commands/result.js';
import { addResume } from './commands/resume.js';
import { addSchedule } from './commands/schedule.js';
import { addScheduler } from './commands/scheduler.js';
import { addSend } from './commands/send.js';
import { addStats } from './commands/stats.js';
import { addSubscribe } from './commands/subscribe.js';
import { addTop } from './commands/top.js';
import { addTopic } from './commands/topic/topic.js';
import { addWork } from './commands/work.js';
import { oneLineErrors } from './program/define.js';
import type { ProgramContext } from './program/program-context.js';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

const examples = `
Examples:
  redpost send emails '{"to":"a@example.com"}'
  redpost receive emails
  redpost work emails --exec './send-mail.sh' --concurrency 8
  redpost subscribe news & redpost publish news '"hello everyone"'
  redpost --embedded work emails --exec cat

Messages go to stdout, one JSON object per line; words for people go to stderr.
With --embedded, others reach the private Redis at the address it prints: it is
of use with work, receive --follow and subscribe.
Exit codes: 0 done, 1 failed, 2 wrong input, 128+n ended early by signal n.
A password is best put into REDIS_URL: arguments can be seen by others. The URLs of
several nodes of a Cluster are separated by commas: redis://a:6379,redis://b:6379.`;

/** For a terminal; commander removes it where there is none, and with NO_COLOR. */
const bold = (text: string) => `\x1b[1m${text}\x1b[22m`;

export function createProgram(context: ProgramContext): Command {
  const program = new Command('redpost')
    .description('Redis as a message queue and as publish/subscribe.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .helpCommand(false)
    .option('--redis <url>', 'where Redis is (default: $REDIS_URL, else this machine)')
    .option('--cacert <file>', 'CA certificate to trust for rediss:// (PEM)')
    .option('--cert <file>', 'client certificate, if Redis requires one (PEM)')
    .option('--cert-key <file>', 'private key of --cert (PEM)')
    .option('--embedded', 'start a private Redis for as long as the command runs')
    .option('--verbose', 'show the stack of an error (also: REDPOST_DEBUG=1)')
    .configureHelp({ showGlobalOptions: true, styleTitle: bold })
    .exitOverride()
    .addHelpText('after', examples);
  oneLineErrors(program);

  const commands = [
    ...[addSend, addReceive, addWork],
    ...[addList, addTop, addStats, addKeys, addPeek, addFind, addHistory],
    ...[addRequest, addResult, addCancel, addFlow],
    ...[addPause, addResume, addLimits, addPartitions, addSchedule, addScheduler],
    ...[addPurge, addDestroy, addDead, addMove],
    ...[addPublish, addSubscribe, addTopic, addPing, addDashboard],
    ...[addCompletion, addMan],
  ];
  for (const add of commands) add(program, context);
  addHelp(program);
  return program;
}
