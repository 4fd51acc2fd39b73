import { apiAddress, change, useLive } from '../api.js';
import { ago, counted, number, time } from '../format.js';
import { BodyText, HeaderList } from '../parts/body.js';
import { Dialog, useDialog } from '../parts/dialog.js';
import { Loaded } from '../parts/problem.js';
import { Table } from '../parts/table.js';
import { Facts, Tiles } from '../parts/tiles.js';
import { Link } from '../router.js';
import { allows } from '../session.js';
import type { Flow, FlowDetail, Role } from '../types.js';
import { FlowProgress, FlowState } from './flows.js';

interface Props {
  queue: string;
  id: string;
  rights: Role;
}

/** One flow: how far it is, where its members are, and what follows them. */
export function FlowScreen({ queue, id, rights }: Props) {
  const read = useLive<FlowDetail>(apiAddress(['queues', queue, 'flows', id]));
  return (
    <>
      <p class="back">
        <Link to={['queues', queue, 'flows']}>← all flows</Link>
      </p>
      <div class="bar title">
        <h2>
          Flow <code>{id}</code>
        </h2>
        {read.data && <FlowState {...read.data.flow} />}
      </div>
      <Loaded {...read}>{(detail) => <Found detail={detail} rights={rights} />}</Loaded>
    </>
  );
}

const overWords: Record<NonNullable<Flow['over']>, string> = {
  closed: 'all members have ended',
  cancelled: 'it was cancelled',
  idle: 'nobody had closed it, and it was left idle',
};

function Found({ detail, rights }: { detail: FlowDetail; rights: Role }) {
  const { flow, pendingByQueue, continuation, at } = detail;
  const { memberOf, openedAt, onDead, over } = flow;
  return (
    <>
      {flow.state !== 'over' && <Actions flow={flow} rights={rights} />}
      <Tiles
        tiles={[
          { title: 'Pending', value: number(flow.pending) },
          { title: 'Done', value: number(flow.done) },
          { title: 'Dead', value: number(flow.dead), tone: flow.dead ? 'danger' : undefined },
          { title: 'Expired', value: number(flow.expired) },
          { title: 'Cancelled', value: number(flow.cancelled) },
        ]}
      />
      <FlowProgress flow={flow} />
      <Facts
        facts={[
          ['Opened', `${time(openedAt)} (${ago(openedAt, Date.parse(at))})`],
          ['Over', over && overWords[over]],
          [
            'A dead member',
            onDead === 'cancel-rest' ? 'cancels the flow' : 'counts, and the flow goes on',
          ],
          [
            'Member of',
            memberOf && (
              <Link to={['queues', memberOf.queue, 'flows', memberOf.id]}>{memberOf.id}</Link>
            ),
          ],
        ]}
      />
      {pendingByQueue.length > 0 && (
        <section aria-labelledby="members">
          <h3 id="members">Members that have not ended</h3>
          <Table
            caption="Members that have not ended, by queue"
            rows={pendingByQueue}
            keyOf={({ queue }) => queue}
            empty=""
            columns={[
              { title: 'Queue', cell: ({ queue }) => <Link to={['queues', queue]}>{queue}</Link> },
              { title: 'Pending', isNumber: true, cell: ({ pending }) => number(pending) },
            ]}
          />
        </section>
      )}
      <section aria-labelledby="then">
        <h3 id="then">Then</h3>
        {continuation ? (
          <>
            <Facts
              facts={[
                ['Queue', flow.queue],
                ['Id', continuation.id],
                ['Key', continuation.key],
                ['Priority', continuation.priority],
              ]}
            />
            <BodyText body={continuation.body} />
            <HeaderList headers={continuation.headers} />
          </>
        ) : (
          <p class="quiet">Its continuation was sent to {flow.queue}.</p>
        )}
      </section>
    </>
  );
}

function Actions({ flow, rights }: { flow: Flow; rights: Role }) {
  const [dialog, open] = useDialog();
  if (!allows(rights, 'operate')) return null;
  return (
    <div class="buttons actions">
      {flow.state === 'open' && (
        <button
          type="button"
          class="secondary"
          onClick={() => open((close) => <CloseDialog flow={flow} close={close} />)}
        >
          Close the flow…
        </button>
      )}
      {allows(rights, 'destroy') && (
        <button
          type="button"
          class="dangerous outline"
          onClick={() => open((close) => <CancelDialog flow={flow} close={close} />)}
        >
          Cancel the flow…
        </button>
      )}
      {dialog}
    </div>
  );
}

interface DialogProps {
  flow: Flow;
  close(): void;
}

function CloseDialog({ flow: { queue, id, pending }, close }: DialogProps) {
  return (
    <Dialog
      title={`Close the flow ${id}`}
      action="Close it"
      act={() => change('POST', ['queues', queue, 'flows', id, 'close'])}
      close={close}
    >
      <p>
        {pending === 0
          ? `It has no member that has not ended: its continuation is sent to ${queue} at once.`
          : `Its continuation is sent to ${queue} when what is left has ended: ${counted(pending, 'member')}. Only they may send more members.`}
      </p>
    </Dialog>
  );
}

function CancelDialog({ flow: { queue, id, pending }, close }: DialogProps) {
  return (
    <Dialog
      title={`Cancel the flow ${id}`}
      action={`Cancel ${counted(pending, 'member')}`}
      isDangerous
      typed={id}
      act={() => change('POST', ['queues', queue, 'flows', id, 'cancel'], { confirm: id })}
      close={close}
    >
      <p>
        Members that have not ended (<strong>{number(pending)}</strong>) are not started any more,
        the handlers of those that a consumer has are told to stop, and the continuation is sent to{' '}
        {queue}. This cannot be undone.
      </p>
    </Dialog>
  );
}
