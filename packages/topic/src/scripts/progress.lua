-- Return how far a group has come in a stream.
--
-- The `lag` of the server also counts records that were trimmed before the group had read them. So the stream is looked at
-- first, and the counter of the server is used only when it cannot be wrong.
--
-- returns { the number of delivered records that are not settled, the offset of the last delivered record, the number of
--       records that were not delivered yet, or nil when they have to be counted }
local function fields(flat)
  local map = {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end

-- True if the server corrects its counter when a group continues after records that were trimmed before it had read
-- them. Redis 8.0, Valkey 8.1 and Valkey 9.1 do; in Redis 7.0 and Valkey 8.0 the counter stays wrong.
local function corrects_lag()
  local info = redis.pcall('INFO', 'server')
  if type(info) ~= 'string' then return false end
  local major, minor = info:match('valkey_version:(%d+)%.(%d+)')
  if major then return tonumber(major) > 8 or (major == '8' and minor ~= '0') end
  return tonumber(info:match('redis_version:(%d+)')) >= 8
end

local length = redis.call('XLEN', stream)
if redis.call('EXISTS', stream) == 0 then return { 0, '0-0', 0 } end

local progress
for _, each in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local candidate = fields(each)
  if candidate.name == group then progress = candidate end
end
if not progress then return { 0, '0-0', length } end

local last = progress['last-delivered-id']
local lag
if last == last_offset then
  lag = 0
elseif not redis.call('XRANGE', stream, '-', last, 'COUNT', 1)[1] then
  lag = length
elseif not redis.call('XRANGE', stream, '(' .. last, '+', 'COUNT', 1)[1] then
  lag = 0
elseif progress.lag then
  local added = fields(redis.call('XINFO', 'STREAM', stream))['entries-added']
  if added == length or corrects_lag() then lag = progress.lag end
end
return { progress.pending, last, lag }
