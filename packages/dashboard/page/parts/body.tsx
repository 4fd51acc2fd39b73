import { bytes, unspoofed } from '../format.js';
import type { Body } from '../types.js';

/** The beginning of a body, in one line. */
export function Preview({ body }: { body: Body }) {
  if (body.format === 'hidden') return <span class="quiet">hidden</span>;
  const text = body.format === 'json' ? body.text.replace(/\s*\n\s*/g, ' ') : body.text;
  return <code class="preview">{text === '' ? '(empty)' : unspoofed(text)}</code>;
}

/** A whole body. */
export function BodyText({ body }: { body: Body }) {
  return (
    <section class="body">
      <p class="quiet">
        {body.format === 'hidden' ? 'not shown' : body.format}, {bytes(body.bytes)}
        {body.isCut && ' (only the beginning is shown)'}
        {body.isRedacted && ' (parts are hidden)'}
      </p>
      {body.format !== 'hidden' && <pre>{unspoofed(body.text)}</pre>}
    </section>
  );
}

/** Headers, with the trace in front. */
export function HeaderList({ headers }: { headers: Record<string, string> }) {
  const all = Object.entries(headers);
  const trace = /^[\da-f]{2}-([\da-f]{32})-/.exec(headers.traceparent ?? '')?.[1];
  if (all.length === 0) return <p class="quiet">No headers.</p>;
  return (
    <dl class="facts">
      {trace && (
        <div>
          <dt>Trace</dt>
          <dd>
            <code>{trace}</code>
          </dd>
        </div>
      )}
      {all.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <code>{unspoofed(value)}</code>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** A body may be edited if all of it is shown as it is. */
export function isEditable(body: Body): boolean {
  return !body.isCut && !body.isRedacted && body.format !== 'hidden';
}
