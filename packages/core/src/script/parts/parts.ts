import { definePart } from '../part.js';
import clock from './clock.lua';
import entries from './entries.lua';
import mostBytes from './most-bytes.lua';
import shortenLeases from './shorten-leases.lua';
import writeBeforeGrowing from './write-before-growing.lua';

/** `now()`: the server's time, in ms since 1970. */
export const clockPart = definePart({ name: 'clock', lua: clock });

/** `most_bytes`: the largest size of an answer. */
export const mostBytesPart = definePart({ name: 'most-bytes', lua: mostBytes });

/** `read_entries`, `fitting_entries` and `size_of`: entries of a stream, as many as fit into an answer. */
export const entriesPart = definePart({ name: 'entries', uses: [mostBytesPart], lua: entries });

/** `shorten_leases(leases, time, own_lease_ms, former_ms)`: no lease ends later than its own length from now. */
export const shortenLeasesPart = definePart({ name: 'shorten-leases', lua: shortenLeases });

/** `write_before_growing(command, key)`: for scripts that go on when Redis is out of memory. */
export const writeBeforeGrowingPart = definePart({
  name: 'write-before-growing',
  lua: writeBeforeGrowing,
});
