-- Read on after an offset, as much as fits into an answer, and tell whether records behind it were
-- removed unread.
--
-- count  how many records at most
-- returns { records, 1 if the oldest record there is comes after the offset, how many records were
--       ever added or nil (Redis 7), how many there are, 1 if some were deleted one by one or nil,
--       1 if the next one did not fit };
--       only the first two where nothing is missing and more is to come
count = tonumber(count)
local records, is_cut = read_entries(stream, '(' .. after, '+', count)
local first = redis.call('XRANGE', stream, '-', after, 'COUNT', 1)[1]
local is_first = first == nil

-- Where nothing is missing and more is to come, there is no need to count.
if not is_first and (is_cut or #records == count) then return { records, 0 } end
if redis.call('EXISTS', stream) == 0 then return { records, 1, 0, 0 } end

local info = {}
local reply = redis.call('XINFO', 'STREAM', stream)
for i = 1, #reply, 2 do info[reply[i]] = reply[i + 1] end
local deleted = info['max-deleted-entry-id']
return {
  records, is_first and 1 or 0, info['entries-added'] or false, info.length,
  deleted and (deleted ~= '0-0' and 1 or 0) or false, is_cut and 1 or 0,
}
