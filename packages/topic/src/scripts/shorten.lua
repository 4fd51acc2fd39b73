-- Shorten the leases of consumers that end later than they can.
--
-- lease_ms  the length of the caller's lease
-- returns how many were shortened
return shorten_leases(consumers, now(), lease_ms)
