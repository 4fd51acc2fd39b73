import { useState } from 'preact/hooks';
import { change } from '../api.js';
import { number } from '../format.js';
import { Dialog, useDialog } from '../parts/dialog.js';
import { Field } from '../parts/fields.js';
import type { Column } from '../parts/table.js';
import { allows } from '../session.js';
import type { QueueConsumer } from '../types.js';

/** Pauses a consumer and ends that. Empty where it may only be looked at. */
export const consumerPauseColumn: Column<QueueConsumer> = {
  title: '',
  cell: (consumer) => allows(consumer.rights, 'operate') && <PauseButton consumer={consumer} />,
};

function PauseButton({ consumer }: { consumer: QueueConsumer }) {
  const [dialog, open] = useDialog();
  const { queue, consumer: name, paused } = consumer;
  const act = () => {
    if (paused) void change('POST', ['queues', queue, 'consumers', name, 'resume']);
    else open((close) => <PauseConsumerDialog consumer={consumer} close={close} />);
  };
  return (
    <>
      <button type="button" class="secondary outline small" onClick={act}>
        {paused ? 'Resume' : 'Pause…'}
      </button>
      {dialog}
    </>
  );
}

function PauseConsumerDialog({ consumer, close }: { consumer: QueueConsumer; close(): void }) {
  const { queue, consumer: name, host, pid, held } = consumer;
  const [reason, setReason] = useState('');
  const act = () =>
    change('POST', ['queues', queue, 'consumers', name, 'pause'], { reason: reason || undefined });
  return (
    <Dialog title={`Pause a consumer of ${queue}`} action="Pause" act={act} close={close}>
      <p>
        The consumer <code>{name}</code>
        {host && ` on ${host}, process ${pid}`} starts no message until it is resumed. It finishes
        what its handlers have
        {held > 0 && ` (it holds ${number(held)})`}, and other consumers go on.
      </p>
      <Field label="Reason" value={reason} change={setReason} />
    </Dialog>
  );
}
