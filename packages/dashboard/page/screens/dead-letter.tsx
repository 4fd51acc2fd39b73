import { useState } from 'preact/hooks';
import { apiAddress, change, useRead } from '../api.js';
import { duration, number, time } from '../format.js';
import { BodyText, HeaderList, isEditable } from '../parts/body.js';
import { Dialog, useDialog } from '../parts/dialog.js';
import { Area } from '../parts/fields.js';
import { Loading } from '../parts/problem.js';
import { Facts } from '../parts/tiles.js';
import { address, go, Link } from '../router.js';
import { allows } from '../session.js';
import type { DeadLetter, Role } from '../types.js';
import { DeleteDialog } from './dead-letters.js';

interface Props {
  queue: string;
  entry: string;
  rights: Role;
}

/** One dead letter, which can be edited before it is sent again. */
export function DeadLetterScreen({ queue, entry, rights }: Props) {
  const { data, problem } = useRead<DeadLetter>(
    apiAddress(['queues', queue, 'dead-letters', entry]),
  );
  return (
    <>
      <p class="back">
        <Link to={['queues', queue, 'dead-letters']}>← all dead letters</Link>
      </p>
      {data ? (
        <>
          <h2>
            Dead letter <code>{data.id ?? data.entry}</code>
          </h2>
          <Actions queue={queue} letter={data} rights={rights} />
          <LetterFacts letter={data} />
        </>
      ) : (
        <Loading problem={problem} />
      )}
    </>
  );
}

function Actions({ queue, letter, rights }: { queue: string; letter: DeadLetter; rights: Role }) {
  const [dialog, open] = useDialog();
  const back = () => go(address(['queues', queue, 'dead-letters']));
  if (!allows(rights, 'operate')) return null;
  const selection = { count: 1, about: { entries: [letter.entry] }, isFiltered: false };
  return (
    <div class="buttons actions">
      <button
        type="button"
        onClick={() =>
          open((close) => <RedriveOne {...{ queue, letter, close, back }} isEdited={false} />)
        }
      >
        Redrive…
      </button>
      {isEditable(letter.body) && (
        <button
          type="button"
          class="secondary"
          onClick={() =>
            open((close) => <RedriveOne {...{ queue, letter, close, back }} isEdited />)
          }
        >
          Edit and redrive…
        </button>
      )}
      {allows(rights, 'destroy') && (
        <button
          type="button"
          class="dangerous outline"
          onClick={() =>
            open((close) => <DeleteDialog {...{ queue, selection, close }} again={back} />)
          }
        >
          Delete…
        </button>
      )}
      {dialog}
    </div>
  );
}

interface RedriveProps {
  queue: string;
  letter: DeadLetter;
  isEdited: boolean;
  close(): void;
  back(): void;
}

function RedriveOne({ queue, letter, isEdited, close, back }: RedriveProps) {
  const [text, setText] = useState(letter.body.text);
  const act = async () => {
    const path = ['queues', queue, 'dead-letters', letter.entry, 'redrive'];
    await change('POST', path, isEdited ? { body: { text, format: letter.body.format } } : {});
    back();
  };
  return (
    <Dialog
      title={isEdited ? 'Edit and redrive' : 'Redrive'}
      action="Send it again"
      act={act}
      close={close}
    >
      <p>It is sent again as a new message: its attempts start from 1.</p>
      {isEdited && (
        <Area label={`Body (${letter.body.format})`} value={text} change={setText} rows={14} />
      )}
    </Dialog>
  );
}

export function LetterFacts({ letter }: { letter: DeadLetter }) {
  return (
    <>
      <section>
        <h3>Why it was given up</h3>
        <p class="note danger">
          <strong>{letter.reason}</strong>
          {letter.error && `: ${letter.error}`}
        </p>
        {letter.stack && <pre>{letter.stack}</pre>}
        <Facts
          facts={[
            ['Died', time(letter.diedAt)],
            ['Sent', letter.sentAt && time(letter.sentAt)],
            ['Attempts', number(letter.attempt)],
            ['Last attempt took', letter.ranMs === undefined ? undefined : duration(letter.ranMs)],
            ['Consumer', letter.consumer],
            ['Process', letter.process],
            ['Key', letter.key],
            ['First died in', letter.origin],
            ['Entry', letter.entry],
          ]}
        />
      </section>
      <section>
        <h3>Body</h3>
        <BodyText body={letter.body} />
      </section>
      <section>
        <h3>Headers</h3>
        <HeaderList headers={letter.headers} />
      </section>
    </>
  );
}
