-- KEYS  stream
-- ARGV  the first id and the last one, how many entries at most
-- returns { entries, 1 if the next one did not fit into the answer }
local entries, is_cut = read_entries(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]))
return { entries, is_cut and 1 or 0 }
