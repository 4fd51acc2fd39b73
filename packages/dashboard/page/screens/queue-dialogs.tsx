import { useState } from 'preact/hooks';
import { change } from '../api.js';
import { counted, number } from '../format.js';
import { Dialog } from '../parts/dialog.js';
import { Area, Field } from '../parts/fields.js';
import { showOperation } from '../parts/operations.js';
import { address, go } from '../router.js';
import type { Operation, QueueDetail } from '../types.js';

interface Props {
  queue: string;
  close(): void;
}
interface DetailProps {
  detail: QueueDetail;
  close(): void;
}

export function PauseDialog({ queue, close }: Props) {
  const [reason, setReason] = useState('');
  const [minutes, setMinutes] = useState('');
  const act = () => {
    const until = minutes
      ? new Date(Date.now() + Number(minutes) * 60_000).toISOString()
      : undefined;
    return change('POST', ['queues', queue, 'pause'], { reason: reason || undefined, until });
  };
  return (
    <Dialog title={`Pause ${queue}`} action="Pause" act={act} close={close}>
      <p>No consumer starts a message of this queue until it is resumed. Sends go on.</p>
      <Field label="Reason" value={reason} change={setReason} />
      <Field
        label="For how many minutes"
        type="number"
        min={1}
        value={minutes}
        change={setMinutes}
        help="Without a number, until somebody resumes it."
      />
    </Dialog>
  );
}

export function LimitsDialog({ detail, close }: DetailProps) {
  const { limits } = detail;
  const text = (value: number | undefined) => (value === undefined ? '' : String(value));
  const [max, setMax] = useState(text(limits.rate?.max));
  const [seconds, setSeconds] = useState(text(limits.rate && limits.rate.perMs / 1000));
  const [concurrency, setConcurrency] = useState(text(limits.concurrency));
  const [keyConcurrency, setKeyConcurrency] = useState(text(limits.keyConcurrency));
  const whole = (value: string) => (value === '' ? null : Number(value));
  const act = () =>
    change('PUT', ['queues', detail.name, 'limits'], {
      rate:
        max === '' ? null : { max: Number(max), perMs: Math.round(Number(seconds || 1) * 1000) },
      concurrency: whole(concurrency),
      keyConcurrency: whole(keyConcurrency),
    });
  return (
    <Dialog title={`Limits of ${detail.name}`} action="Set limits" act={act} close={close}>
      <p>They hold for all consumers together. An empty field is no limit.</p>
      <div class="grid">
        <Field label="Messages" type="number" min={1} value={max} change={setMax} />
        <Field
          label="in so many seconds"
          type="number"
          min={0}
          value={seconds}
          change={setSeconds}
          placeholder="1"
        />
      </div>
      <Field
        label="Active at a time"
        type="number"
        min={1}
        value={concurrency}
        change={setConcurrency}
      />
      <Field
        label="Active at a time of each key"
        type="number"
        min={1}
        value={keyConcurrency}
        change={setKeyConcurrency}
      />
    </Dialog>
  );
}

export function SendDialog({ queue, close }: Props) {
  const [body, setBody] = useState('{}');
  const [key, setKey] = useState('');
  const [delay, setDelay] = useState('');
  const act = async () => {
    const { id } = await change<{ id: string }>('POST', ['queues', queue, 'messages'], {
      body: { text: body, format: 'json' },
      ...(key && { key }),
      ...(delay && { delayMs: Math.round(Number(delay) * 1000) }),
    });
    go(address(['queues', queue, 'messages', id]));
  };
  return (
    <Dialog title={`Send a message to ${queue}`} action="Send" act={act} close={close}>
      <Area label="Body (JSON)" value={body} change={setBody} rows={6} />
      <div class="grid">
        <Field label="Key" value={key} change={setKey} />
        <Field label="Delay in seconds" type="number" min={0} value={delay} change={setDelay} />
      </div>
    </Dialog>
  );
}

export function PurgeDialog({ detail, close }: DetailProps) {
  const { name, pending, delayed } = detail;
  return (
    <Dialog
      title={`Purge ${name}`}
      action={`Delete ${counted(pending + delayed, 'message')}`}
      isDangerous
      typed={name}
      act={async () =>
        showOperation(await change<Operation>('POST', ['queues', name, 'purge'], { confirm: name }))
      }
      close={close}
    >
      <p>
        Deletes the <strong>{number(pending)}</strong> pending and{' '}
        <strong>{number(delayed)}</strong> delayed messages. Active ones, dead letters and schedules
        stay. This cannot be undone.
      </p>
    </Dialog>
  );
}

export function DestroyDialog({ detail, close }: DetailProps) {
  const { name, pending, active, delayed, dead } = detail;
  const act = async () => {
    const body = { confirm: name };
    showOperation(await change<Operation>('POST', ['queues', name, 'destroy'], body));
    go(address([]));
  };
  return (
    <Dialog
      title={`Destroy ${name}`}
      action="Destroy"
      isDangerous
      typed={name}
      act={act}
      close={close}
    >
      <p>
        Deletes the queue from Redis: <strong>{number(pending + active + delayed)}</strong>{' '}
        messages, <strong>{number(dead)}</strong> dead letters, its counters, limits and schedules.
        This cannot be undone. Stop its consumers first.
      </p>
    </Dialog>
  );
}
