import fc from 'fast-check';
import { damaged, hostileBytes, hostileJson, hostileText } from '../../../../tooling/hostile.js';

const digits = fc.oneof(
  fc.nat({ max: 20 }).map(String),
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 400 }),
  fc.constantFrom('999999999', '1000000000', '999999999999999', '1e3', '-1', '1.5', '007'),
);

/** A member of a header, as JSON has it: what scripts write, what producers write, and anything. */
const member = fc.oneof(
  digits.map((text) => `"attempt":${text}`),
  fc.constantFrom('1', '0', '2', 'true', '"1"').map((text) => `"suspect":${text}`),
  fc.oneof(digits, json(hostileJson)).map((text) => `"expires":${text}`),
  digits.map((text) => `"copy":${text}`),
  fc.oneof(json(hostileText), json(hostileJson), fc.constant('"i"')).map((text) => `"id":${text}`),
  fc.oneof(digits, json(hostileJson)).map((text) => `"ts":${text}`),
  json(fc.oneof(hostileJson, fc.dictionary(hostileText, hostileText))).map(
    (text) => `"headers":${text}`,
  ),
  fc.tuple(json(hostileText), json(hostileJson)).map((pair) => pair.join(':')),
);

const envelope = fc
  .tuple(fc.array(member, { maxLength: 6 }), fc.constantFrom('\n', '', '\r\n', '}\n'), hostileBytes)
  .map(([members, end, body]) => {
    const header = Buffer.from(`\x011{${members.join(',')}}${end}`);
    return Buffer.concat([header, body]);
  });

/** What anybody may push onto a list: bare payloads, envelopes, and what only looks like one. */
export const hostileElement: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 1, arbitrary: hostileBytes },
  { weight: 4, arbitrary: envelope },
  { weight: 2, arbitrary: damaged(envelope) },
);

function json(values: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return values.map((value) => JSON.stringify(value));
}
