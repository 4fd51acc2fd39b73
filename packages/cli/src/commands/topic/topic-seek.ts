import type { From } from '@redpost/topic';
import type { Command } from 'commander';
import { yesOption } from '../../options/option-parsers.js';
import { place } from '../../options/place.js';
import { grouped, say } from '../../output/notices.js';
import { confirmed } from '../../program/confirm.js';
import { define } from '../../program/define.js';
import { exitCodes } from '../../program/exit-codes.js';
import type { ProgramContext } from '../../program/program-context.js';
import type { Run } from '../../run.js';

interface SeekOptions {
  to: From;
  yes?: boolean;
}

export function addTopicSeek(topic: Command, context: ProgramContext): void {
  define<SeekOptions>(topic, context, 'seek', {
    description: 'Set the position of a consumer group; a group that does not exist is created.',
    addArguments: (command) =>
      command
        .argument('<topic>', 'name of the topic')
        .argument('<group>', 'name of the group')
        .requiredOption(
          '--to <place>',
          'beginning, latest, an offset, a time or how long ago',
          place,
        )
        .addOption(yesOption()),
    help: `
Examples:
  redpost topic seek events billing --to 1h
  redpost topic seek events billing --to 2030-01-31T12:00Z --yes
  redpost topic seek events audit --to latest --yes

The group goes on with the records after this place: those before it are skipped or, when
it goes back, delivered again. Records that wait for another attempt are skipped. Asks for
confirmation if the group exists; without a terminal, --yes is required then. Prints
{"topic", "group", "lag"}.`,
    job: seek,
  });
}

async function seek(run: Run, [name = '', group = '']: readonly string[], options: SeekOptions) {
  const topic = await run.topic(name);
  const its = topic.group(group);
  if ((await topic.groups()).includes(group)) {
    const { lag, delayed } = await its.stats();
    const now = `lag ${grouped(lag)}, ${grouped(delayed)} to be tried again`;
    const isSure = await confirmed(run, {
      yes: options.yes,
      what: `this moves the group ${group}`,
      question: `Move the group ${group} of ${name} (${now})?`,
    });
    if (!isSure) {
      say('nothing was changed');
      return run.interruption.exitCode ?? exitCodes.failed;
    }
  }
  await its.seek(options.to);
  await run.output.line(JSON.stringify({ topic: name, group, lag: await its.lag() }));
  return exitCodes.done;
}
