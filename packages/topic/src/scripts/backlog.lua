-- Count the records after an offset, so many at a time, and not many bytes: to be counted they are
-- read. Needs most_bytes and entries.lua of core.
--
-- KEYS  stream
-- ARGV  offset, how many at most
-- returns { how many, the offset of the last one, 1 if there may be more }
local count = tonumber(ARGV[2])
local entries, is_cut = read_entries(KEYS[1], '(' .. ARGV[1], '+', count)
local last = entries[#entries]
return { #entries, last and last[1] or ARGV[1], (is_cut or #entries == count) and 1 or 0 }
