-- Read entries between two ids, at most so many.
--
-- returns { entries, 1 if the next one did not fit into the answer }
local entries, is_cut = read_entries(stream, from, to, tonumber(limit))
return { entries, is_cut and 1 or 0 }
