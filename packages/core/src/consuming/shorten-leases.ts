import source from './shorten-leases.lua';

/** A part of scripts: `shorten_leases(leases, time, own_lease_ms)`. */
export const shortenLeasesLua: string = source;
