import { useState } from 'preact/hooks';
import { apiAddress, change, problemOf, useLive } from '../api.js';
import { number } from '../format.js';
import type { Operation } from '../types.js';

/** The operations that were started in this page, which stay to be seen on every screen. */
const started: string[] = [];
const changed = new EventTarget();

/** Shows how far it is, at the bottom of the page. */
export function showOperation({ id }: Operation): void {
  started.push(id);
  changed.dispatchEvent(new CustomEvent('change'));
}

export function OperationTray() {
  const [, setRound] = useState(0);
  const [isListening, setListening] = useState(false);
  if (!isListening) {
    changed.addEventListener('change', () => setRound((round) => round + 1));
    setListening(true);
  }
  const close = (id: string) => {
    started.splice(started.indexOf(id), 1);
    setRound((round) => round + 1);
  };
  if (started.length === 0) return null;
  return (
    <aside class="tray" aria-label="Operations">
      {started.map((id) => (
        <OperationCard key={id} id={id} close={() => close(id)} />
      ))}
    </aside>
  );
}

const doneWords: Record<string, string> = {
  redrive: 'sent again',
  delete: 'deleted',
  purge: 'deleted',
  destroy: 'deleted',
};

function OperationCard({ id, close }: { id: string; close(): void }) {
  const { data, problem } = useLive<Operation>(apiAddress(['operations', id]));
  const [failure, setFailure] = useState<string>();
  if (!data) return <p class="quiet">{problem?.detail ?? 'Starting…'}</p>;
  const stop = () =>
    change('POST', ['operations', id, 'stop']).catch((error) =>
      setFailure(problemOf(error).detail),
    );
  const isRunning = data.state === 'running';
  const share = data.of === 0 ? 1 : data.examined / data.of;
  return (
    <section class="operation" data-state={data.state}>
      <p role="status">
        <strong>{data.queue}</strong>: {number(data.changed)} {doneWords[data.kind] ?? data.kind}
        {isRunning ? ` of ${number(data.of)}` : `, ${data.state}`}
        {data.error && `: ${data.error}`}
        {failure && ` ${failure}`}
      </p>
      {isRunning && <progress value={share} max={1} aria-label="Progress" />}
      <div class="buttons">
        {isRunning ? (
          <button type="button" class="secondary" onClick={stop}>
            Stop
          </button>
        ) : (
          <button type="button" class="secondary outline" onClick={close}>
            Close
          </button>
        )}
      </div>
    </section>
  );
}
