-- Read the records after an offset, as many as fit into an answer, and return the numbers from which the reader can tell
-- whether records were removed before it has read them.
--
-- count  how many records at most
-- returns { records, 1 if the oldest record of the stream comes after the offset, the number of all records that were
--       ever added or nil (before Redis 7), the number of records now, 1 if records were deleted one by one or nil
--       (before Redis 7), 1 if the next record did not fit, 1 if the partition gets no more records };
--       only the first two when no record is missing and more follow
count = tonumber(count)
local records, is_cut = read_entries(stream, '(' .. after, '+', count)
local first = redis.call('XRANGE', stream, '-', after, 'COUNT', 1)[1]
local is_first = first == nil

-- When no record is missing and more follow, nothing has to be counted.
if not is_first and (is_cut or #records == count) then return { records, 0 } end
if redis.call('EXISTS', stream) == 0 then return { records, 1, 0, 0, false, 0, 0 } end

local info = {}
local reply = redis.call('XINFO', 'STREAM', stream)
for i = 1, #reply, 2 do info[reply[i]] = reply[i + 1] end
local deleted = info['max-deleted-entry-id']
return {
  records, is_first and 1 or 0, info['entries-added'] or false, info.length,
  deleted and (deleted ~= '0-0' and 1 or 0) or false, is_cut and 1 or 0,
  info['last-generated-id'] == last_offset and 1 or 0,
}
