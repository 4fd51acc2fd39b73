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
import type { DeadLetter, DeadRecord, Role } from '../types.js';
import { DeleteDialog } from './dead-dialogs.js';

/** A dead letter of a queue or of a group. */
type AnyDeadLetter = Omit<DeadRecord, keyof TopicRecordPlace> &
  Partial<TopicRecordPlace & DeadLetter>;
type TopicRecordPlace = Pick<DeadRecord, 'offset' | 'partition' | 'publishedAt'>;

interface Props {
  /** Where the API has the dead letters. */
  path: readonly string[];
  /** The queue or the group that it is of. */
  owner: string;
  /** The page of all of them. */
  all: readonly string[];
  entry: string;
  rights: Role | undefined;
}

/** One dead letter, which can be edited before it is sent again. */
export function DeadLetterScreen(props: Props) {
  const { path, all, entry } = props;
  const { data, problem } = useRead<AnyDeadLetter>(apiAddress([...path, entry]));
  return (
    <>
      <p class="back">
        <Link to={all}>← all dead letters</Link>
      </p>
      {data ? (
        <>
          <h2>
            Dead letter <code>{data.id ?? data.entry}</code>
          </h2>
          <Actions {...props} letter={data} />
          <LetterFacts letter={data} />
        </>
      ) : (
        <Loading problem={problem} />
      )}
    </>
  );
}

function Actions({ path, owner, all, entry, rights, letter }: Props & { letter: AnyDeadLetter }) {
  const [dialog, open] = useDialog();
  const again = () => go(address(all));
  if (!allows(rights, 'operate')) return null;
  const selection = { count: '1', about: { entries: [entry] } };
  const about = { path, letter, back: again };
  return (
    <div class="buttons actions">
      <button
        type="button"
        onClick={() => open((close) => <RedriveOne {...about} close={close} isEdited={false} />)}
      >
        Redrive…
      </button>
      {isEditable(letter.body) && (
        <button
          type="button"
          class="secondary"
          onClick={() => open((close) => <RedriveOne {...about} close={close} isEdited />)}
        >
          Edit and redrive…
        </button>
      )}
      {allows(rights, 'destroy') && (
        <button
          type="button"
          class="dangerous outline"
          onClick={() =>
            open((close) => <DeleteDialog {...{ path, owner, selection, close, again }} />)
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
  path: readonly string[];
  letter: AnyDeadLetter;
  isEdited: boolean;
  close(): void;
  back(): void;
}

function RedriveOne({ path, letter: { entry, body }, isEdited, close, back }: RedriveProps) {
  const [text, setText] = useState(body.text);
  const act = async () => {
    const edited = isEdited ? { body: { text, format: body.format } } : {};
    await change('POST', [...path, entry, 'redrive'], edited);
    back();
  };
  return (
    <Dialog
      title={isEdited ? 'Edit and redrive' : 'Redrive'}
      action="Send it again"
      act={act}
      close={close}
    >
      <p>It is sent again as if it was new: its attempts start from 1.</p>
      {isEdited && <Area label={`Body (${body.format})`} value={text} change={setText} rows={14} />}
    </Dialog>
  );
}

export function LetterFacts({ letter }: { letter: AnyDeadLetter }) {
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
            ['Published', letter.publishedAt && time(letter.publishedAt)],
            ['Attempts', number(letter.attempt)],
            ['Last attempt took', letter.ranMs === undefined ? undefined : duration(letter.ranMs)],
            ['Consumer', letter.consumer],
            ['Process', letter.process],
            ['Key', letter.key],
            ['First died in', letter.origin],
            ['Offset', letter.offset],
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
