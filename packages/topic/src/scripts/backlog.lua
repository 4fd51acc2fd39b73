-- Count the records after an offset. They are read to be counted, so one call counts a limited number of records and
-- bytes.
--
-- returns { how many, the offset of the last one, 1 if there may be more }
limit = tonumber(limit)
local entries, is_cut = read_entries(stream, '(' .. after, '+', limit)
local last = entries[#entries]
return { #entries, last and last[1] or after, (is_cut or #entries == limit) and 1 or 0 }
