import { useState } from 'preact/hooks';
import { change } from '../api.js';
import { Dialog } from '../parts/dialog.js';
import { Field } from '../parts/fields.js';
import { showOperation } from '../parts/operations.js';
import type { Operation } from '../types.js';

/** Dead letters that something is to be done with. */
export interface Selection {
  /** How many they are, to be read. */
  count: string;
  about: { entries?: string[]; filter?: object };
}

interface Props {
  /** Where the API has the dead letters. */
  path: readonly string[];
  /** The queue or the group that they are of. */
  owner: string;
  selection: Selection;
  close(): void;
  again(): void;
}

export function RedriveDialog({ path, owner, selection: { count, about }, close, again }: Props) {
  const [rate, setRate] = useState('');
  const [to, setTo] = useState('');
  const isQueue = path[0] === 'queues';
  const act = async () => {
    const how = { ...(rate && { ratePerSecond: Number(rate) }), ...(to && { to }) };
    showOperation(await change<Operation>('POST', [...path, 'redrive'], { ...about, ...how }));
    again();
  };
  return (
    <Dialog title={`Redrive from ${owner}`} action={`Send ${count} again`} act={act} close={close}>
      <p>
        <strong>{count}</strong> dead letters are{' '}
        {isQueue
          ? 'sent again as new messages, before those that wait.'
          : 'delivered to this group again.'}
      </p>
      <Field
        label="At most so many per second"
        type="number"
        min={1}
        value={rate}
        change={setRate}
        help="Without a number, as fast as Redis does it. It can be stopped."
      />
      {isQueue && <Field label="To another queue" value={to} change={setTo} placeholder={owner} />}
    </Dialog>
  );
}

export function DeleteDialog({ path, owner, selection: { count, about }, close, again }: Props) {
  const act = async () => {
    const body = { ...about, confirm: owner };
    showOperation(await change<Operation>('POST', [...path, 'delete'], body));
    again();
  };
  return (
    <Dialog
      title={`Delete dead letters of ${owner}`}
      action={`Delete ${count}`}
      isDangerous
      typed={owner}
      act={act}
      close={close}
    >
      <p>
        <strong>{count}</strong> dead letters are deleted. This cannot be undone.
      </p>
    </Dialog>
  );
}
