import { useState } from 'preact/hooks';
import { apiAddress, change, useLive } from '../api.js';
import { counted, number, time } from '../format.js';
import { Preview } from '../parts/body.js';
import { Dialog, useDialog } from '../parts/dialog.js';
import { Area, Check, Choice } from '../parts/fields.js';
import { Loaded } from '../parts/problem.js';
import type { Column } from '../parts/table.js';
import { Tail } from '../parts/tail.js';
import { Tiles } from '../parts/tiles.js';
import { setQuery } from '../router.js';
import { allows } from '../session.js';
import type { ChannelDetail, ChannelMessage } from '../types.js';

interface Props {
  channel: string;
  query: URLSearchParams;
}

const columns: Column<ChannelMessage>[] = [
  { title: 'Came', cell: ({ at }) => time(at) },
  {
    title: 'Body',
    cell: ({ kind, body }) => (
      <span class="named">
        {kind !== 'message' && <span class="badge">{kind}</span>}
        <Preview body={body} />
      </span>
    ),
  },
  { title: 'Bytes', isNumber: true, cell: ({ body }) => number(body.bytes) },
];

/** One channel: its subscribers, and its messages from now on. */
export function ChannelScreen({ channel, query }: Props) {
  const sharded = query.get('sharded') ?? undefined;
  const isFollowed = query.get('follow') !== 'no';
  const read = useLive<ChannelDetail>(apiAddress(['channels', channel], { sharded }));
  const [dialog, open] = useDialog();
  const [said, setSaid] = useState('');
  return (
    <>
      <div class="bar title">
        <h1>{channel}</h1>
        {sharded === 'true' && <span class="badge">sharded</span>}
      </div>
      <Loaded {...read}>
        {(data) => (
          <>
            <div class="buttons actions">
              {allows(data.rights, 'operate') && (
                <button
                  type="button"
                  class="secondary"
                  onClick={() =>
                    open((close) => <PublishDialog channel={data} said={setSaid} close={close} />)
                  }
                >
                  Publish…
                </button>
              )}
              <button
                type="button"
                class="secondary outline"
                onClick={() => setQuery({ follow: isFollowed ? 'no' : undefined })}
              >
                {isFollowed ? 'Stop following' : 'Follow'}
              </button>
            </div>
            {dialog}
            <p role="status">{said}</p>
            <Tiles
              tiles={[
                { title: 'Subscribers', value: number(data.subscribers) },
                { title: 'Following here', value: number(data.followers) },
              ]}
            />
            <section aria-labelledby="messages">
              <h2 id="messages">Messages</h2>
              {isFollowed ? (
                <Tail
                  caption="Messages as they are published"
                  url={apiAddress(['channels', channel, 'tail'], { sharded })}
                  columns={columns}
                  empty="Waiting for the next message…"
                />
              ) : (
                <p class="quiet empty">Not followed: Redis keeps no message of a channel.</p>
              )}
            </section>
          </>
        )}
      </Loaded>
    </>
  );
}

interface PublishProps {
  channel: ChannelDetail;
  said(text: string): void;
  close(): void;
}

function PublishDialog({ channel: { name, isSharded }, said, close }: PublishProps) {
  const [text, setText] = useState('{}');
  const [format, setFormat] = useState('json');
  const [isSequenced, setSequenced] = useState(false);
  const act = async () => {
    const given = { body: { text, format }, sharded: isSharded, sequenced: isSequenced };
    const path = ['channels', name, 'publish'];
    const { receivers } = await change<{ receivers: number }>('POST', path, given);
    said(`Published to ${counted(receivers, 'receiver')}.`);
  };
  return (
    <Dialog title={`Publish to ${name}`} action="Publish" act={act} close={close}>
      <Choice
        label="Format"
        value={format}
        change={setFormat}
        options={[
          ['json', 'JSON'],
          ['text', 'text'],
          ['base64', 'base64'],
        ]}
      />
      <Area label="Body" value={text} change={setText} rows={6} />
      <Check
        label="Number it, because its subscribers are sequenced"
        value={isSequenced}
        change={setSequenced}
      />
    </Dialog>
  );
}
