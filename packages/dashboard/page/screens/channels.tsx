import { useState } from 'preact/hooks';
import { apiAddress, useLive } from '../api.js';
import { counted, number } from '../format.js';
import { Loaded } from '../parts/problem.js';
import { Search } from '../parts/search.js';
import { Table } from '../parts/table.js';
import { address, go, Link } from '../router.js';
import type { Channel } from '../types.js';

interface Channels {
  channels: Channel[];
  found: number;
  total: number;
  patterns: number;
  isListed: boolean;
  unavailable: string[];
}

/** Channels that have subscribers. */
export function ChannelsScreen({ query }: { query: URLSearchParams }) {
  const search = query.get('search') ?? '';
  const read = useLive<Channels>(apiAddress(['channels'], { search }));
  return (
    <>
      <div class="bar">
        <h1>Channels</h1>
        <Search label="Search channels" name="search" value={search} />
      </div>
      <Loaded {...read}>{(data) => <List data={data} search={search} />}</Loaded>
      <OpenForm />
    </>
  );
}

/** Those of one page, for a page of all things. */
export function SomeChannels() {
  const read = useLive<Channels>(apiAddress(['channels'], { limit: 10 }));
  return (
    <Loaded {...read}>
      {(data) => (
        <>
          <List data={data} search="" />
          {data.found > data.channels.length && <Link to={['channels']}>All channels</Link>}
        </>
      )}
    </Loaded>
  );
}

function List({ data, search }: { data: Channels; search: string }) {
  if (data.unavailable.length > 0) {
    return (
      <p class="note warning">This user of Redis may not call {data.unavailable.join(', ')}.</p>
    );
  }
  if (!data.isListed) {
    return (
      <p class="note warning">
        There are {number(data.total)} channels: too many to list, because Redis cannot list a part
        of them.
      </p>
    );
  }
  return (
    <>
      <Table
        caption="Channels that have subscribers"
        rows={data.channels}
        keyOf={({ name, isSharded }) => `${name} ${isSharded}`}
        empty={search ? 'No channel is like that.' : 'No channel has a subscriber.'}
        columns={[
          {
            title: 'Channel',
            cell: ({ name, isSharded }) => (
              <span class="named">
                <Link to={['channels', name]} query={{ sharded: isSharded ? 'true' : undefined }}>
                  {name}
                </Link>
                {isSharded && <span class="badge">sharded</span>}
              </span>
            ),
          },
          {
            title: 'Subscribers',
            isNumber: true,
            cell: ({ subscribers }) => number(subscribers),
          },
        ]}
      />
      <p class="quiet">
        {data.channels.length < data.found && `${number(data.channels.length)} of `}
        {counted(data.found, 'channel')}, {counted(data.patterns, 'pattern')}. Channels that redpost
        itself uses are left out.
      </p>
    </>
  );
}

/** Leads to a channel by its name, also if it has no subscriber. */
function OpenForm() {
  const [name, setName] = useState('');
  const [isSharded, setSharded] = useState(false);
  const open = (event: Event) => {
    event.preventDefault();
    if (name) go(address(['channels', name], { sharded: isSharded ? 'true' : undefined }));
  };
  return (
    <form class="bar" onSubmit={open}>
      <input
        class="search"
        aria-label="Name of a channel"
        placeholder="Name of a channel"
        autocomplete="off"
        spellcheck={false}
        value={name}
        onInput={({ currentTarget }) => setName(currentTarget.value)}
      />
      <label class="inline">
        <input
          type="checkbox"
          checked={isSharded}
          onChange={({ currentTarget }) => setSharded(currentTarget.checked)}
        />
        sharded
      </label>
      <button type="submit" class="secondary">
        Open
      </button>
    </form>
  );
}
