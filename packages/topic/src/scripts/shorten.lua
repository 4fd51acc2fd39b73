-- Shorten leases of consumers that end later than possible, because the clock of the server was set back.
--
-- lease_ms  the length of the caller's lease
-- returns how many leases were shortened
return shorten_leases(consumers, now(), lease_ms)
