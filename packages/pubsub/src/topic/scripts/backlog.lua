-- Count the records after an offset, so many at a time.
--
-- KEYS  stream
-- ARGV  offset, how many at most
-- returns { how many, the offset of the last one }
local entries = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
local last = entries[#entries]
return { #entries, last and last[1] or ARGV[1] }
