import { useState } from 'preact/hooks';
import { apiAddress, change, useRead } from '../api.js';
import { ago, number, time } from '../format.js';
import { BodyText, HeaderList, isEditable } from '../parts/body.js';
import { Dialog, useDialog } from '../parts/dialog.js';
import { Area, Field } from '../parts/fields.js';
import { Loading } from '../parts/problem.js';
import { Table } from '../parts/table.js';
import { Facts } from '../parts/tiles.js';
import { Link, setQuery } from '../router.js';
import { allows } from '../session.js';
import type { FlowName, FoundMessage, HistoryRecord, Message, Role } from '../types.js';
import { LetterFacts } from './dead-letter.js';
import { recordColumns } from './messages.js';

interface Props {
  queue: string;
  id: string;
  query: URLSearchParams;
  rights: Role;
}

/** One message, wherever it is. */
export function MessageScreen({ queue, id, query, rights }: Props) {
  const maxScanned = query.get('maxScanned') ?? undefined;
  const url = apiAddress(['queues', queue, 'messages', id], { maxScanned });
  const { data, problem, again } = useRead<FoundMessage>(url);
  return (
    <>
      <div class="bar title">
        <h2>
          Message <code>{id}</code>
        </h2>
        {data && <span class={`badge ${data.state === 'dead' ? 'danger' : ''}`}>{data.state}</span>}
        <button type="button" class="secondary outline small" onClick={again}>
          Look again
        </button>
      </div>
      {data ? (
        <Found queue={queue} id={id} found={data} rights={rights} again={again} />
      ) : (
        <Loading problem={problem} />
      )}
    </>
  );
}

interface FoundProps {
  queue: string;
  id: string;
  found: FoundMessage;
  rights: Role;
  again(): void;
}

function Found({ queue, id, found, rights, again }: FoundProps) {
  const { message, deadLetter, result, attempts, state } = found;
  return (
    <>
      {state === 'unknown' && <NotFound found={found} />}
      {message && <Actions queue={queue} id={id} message={message} rights={rights} again={again} />}
      {message && <MessageFacts message={message} />}
      {deadLetter && (
        <>
          <LetterFacts letter={deadLetter} />
          <p>
            <Link to={['queues', queue, 'dead-letters', deadLetter.entry]}>
              Redrive or delete this dead letter
            </Link>
          </p>
        </>
      )}
      {result && (
        <section>
          <h3>Result</h3>
          <Facts
            facts={[
              ['State', result.state],
              ['Attempt', number(result.attempt)],
              [
                'Progress',
                result.progress === undefined ? undefined : JSON.stringify(result.progress),
              ],
              ['Error', result.error],
            ]}
          />
        </section>
      )}
      {attempts.length > 0 && (
        <section>
          <h3>Attempts</h3>
          <Table
            caption="Attempts"
            rows={attempts}
            keyOf={({ at, attempts: count }) => `${at} ${count}`}
            columns={recordColumns(queue)}
            empty=""
          />
          <Failures
            attempts={attempts.filter(({ outcome }) => !deadLetter || outcome !== 'dead')}
          />
        </section>
      )}
    </>
  );
}

/** Why attempts have failed, and where: the same place once. */
function Failures({ attempts }: { attempts: readonly HistoryRecord[] }) {
  const failed = attempts.filter(({ error }) => error);
  return (
    <>
      {failed.map(({ attempts: count, at, error, stack }, n) => (
        <div key={`${at} ${count}`}>
          <p class="note danger">
            <strong>Attempt {number(count)}</strong>: {error}
          </p>
          {stack && stack !== failed[n - 1]?.stack && <pre>{stack}</pre>}
        </div>
      ))}
    </>
  );
}

function NotFound({ found: { scanned } }: { found: FoundMessage }) {
  if (scanned) {
    return (
      <p>Nothing is known of a message with this id: it was settled, or never was in this queue.</p>
    );
  }
  return (
    <div class="note warning">
      <p>It is not among the first messages that wait. It may be one of the others.</p>
      <button
        type="button"
        class="secondary"
        onClick={() => setQuery({ maxScanned: 1_000_000_000 })}
      >
        Look at all of them
      </button>
    </div>
  );
}

function MessageFacts({ message }: { message: Message }) {
  return (
    <>
      <Facts
        facts={[
          ['Sent', message.sentAt && `${time(message.sentAt)} (${ago(message.sentAt)})`],
          ['Due', message.dueAt && `${time(message.dueAt)} (${ago(message.dueAt)})`],
          ['Key', message.key],
          ['Priority', message.priority],
          ['Earlier deliveries', number(message.attempt)],
          ['Consumer', message.consumer],
          ['Flow', message.flow && <FlowLink flow={message.flow} />],
          ['Continues', message.continues && <FlowLink flow={message.continues} />],
        ]}
      />
      <section>
        <h3>Body</h3>
        <BodyText body={message.body} />
      </section>
      <section>
        <h3>Headers</h3>
        <HeaderList headers={message.headers} />
      </section>
    </>
  );
}

function FlowLink({ flow: { id, queue } }: { flow: FlowName }) {
  return <Link to={['queues', queue, 'flows', id]}>{id}</Link>;
}

function Actions({
  queue,
  id,
  message,
  rights,
  again,
}: Omit<FoundProps, 'found'> & { message: Message }) {
  const [dialog, open] = useDialog();
  if (!allows(rights, 'operate')) return null;
  return (
    <div class="buttons actions">
      {message.state !== 'active' && (
        <button
          type="button"
          class="secondary"
          onClick={() =>
            open((close) => (
              <EditDialog queue={queue} id={id} message={message} close={close} again={again} />
            ))
          }
        >
          Edit…
        </button>
      )}
      <button
        type="button"
        class="dangerous outline"
        onClick={() =>
          open((close) => <CancelDialog queue={queue} id={id} close={close} again={again} />)
        }
      >
        Cancel…
      </button>
      {dialog}
    </div>
  );
}

interface ChangeProps {
  queue: string;
  id: string;
  close(): void;
  again(): void;
}

function EditDialog({ queue, id, message, close, again }: ChangeProps & { message: Message }) {
  const [text, setText] = useState(message.body.text);
  const [priority, setPriority] = useState(String(message.priority));
  const mayEdit = isEditable(message.body);
  const act = async () => {
    const { format } = message.body;
    const { result } = await change<{ result: string }>('PUT', ['queues', queue, 'messages', id], {
      ...(mayEdit && text !== message.body.text && { body: { text, format } }),
      ...(message.key === undefined &&
        priority !== String(message.priority) && { priority: Number(priority) }),
    });
    again();
    if (result !== 'updated') throw new Error(result);
  };
  return (
    <Dialog title="Edit this message" action="Change it" act={act} close={close}>
      {mayEdit ? (
        <Area label={`Body (${message.body.format})`} value={text} change={setText} />
      ) : (
        <p>Its body is not shown as it is, so it cannot be edited.</p>
      )}
      {message.key === undefined && (
        <Field
          label="Priority (0 to 9)"
          type="number"
          min={0}
          value={priority}
          change={setPriority}
        />
      )}
    </Dialog>
  );
}

function CancelDialog({ queue, id, close, again }: ChangeProps) {
  const [reason, setReason] = useState('');
  const act = async () => {
    await change('POST', ['queues', queue, 'messages', id, 'cancel'], reason ? { reason } : {});
    again();
  };
  return (
    <Dialog
      title="Cancel this message"
      action="Cancel the message"
      isDangerous
      act={act}
      close={close}
    >
      <p>It is not delivered again. If a consumer has it, the signal of its handler is aborted.</p>
      <Field label="Reason" value={reason} change={setReason} />
    </Dialog>
  );
}
