import { apiAddress, useLive } from '../api.js';
import { ago } from '../format.js';
import { Preview } from '../parts/body.js';
import { Loading, ProblemNote } from '../parts/problem.js';
import { Table } from '../parts/table.js';
import { Link } from '../router.js';
import type { Message, QueueConsumer } from '../types.js';
import { consumerPauseColumn } from './consumer-pause.js';
import { consumerColumns } from './consumers.js';

/** The consumers of one queue, and what they hold. */
export function QueueConsumers({ queue }: { queue: string }) {
  const { data, problem } = useLive<{ at: string; consumers: QueueConsumer[] }>(
    apiAddress(['queues', queue, 'consumers']),
  );
  const held = useLive<{ messages: Message[] }>(
    apiAddress(['queues', queue, 'messages'], { state: 'active', limit: 50 }),
  );
  if (!data) return <Loading problem={problem} />;
  return (
    <>
      <ProblemNote problem={problem} />
      <Table
        caption="Consumers of this queue"
        rows={data.consumers}
        keyOf={({ consumer }) => consumer}
        empty="Nobody consumes this queue."
        columns={[
          { title: 'Consumer', cell: ({ consumer }) => <code>{consumer}</code> },
          ...consumerColumns<QueueConsumer>(Date.parse(data.at)),
          consumerPauseColumn,
        ]}
      />
      {held.data && held.data.messages.length > 0 && (
        <section aria-labelledby="held">
          <h2 id="held">What they hold</h2>
          <Table
            caption="Messages that consumers hold"
            rows={held.data.messages}
            keyOf={({ id, consumer }) => `${consumer} ${id}`}
            empty=""
            columns={[
              {
                title: 'Id',
                cell: ({ id }) =>
                  id ? <Link to={['queues', queue, 'messages', id]}>{id}</Link> : '–',
              },
              { title: 'Consumer', cell: ({ consumer }) => consumer },
              { title: 'Sent', cell: ({ sentAt }) => ago(sentAt) },
              { title: 'Body', cell: ({ body }) => <Preview body={body} /> },
            ]}
          />
        </section>
      )}
    </>
  );
}
