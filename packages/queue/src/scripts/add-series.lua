-- Add what a consumer has counted to the sums of this minute and of this hour.
--
-- minutes, hours  how many are kept
-- most_keys       of how many keys
-- numbers         how many numbers there are
-- rest            numbers, in the order of docs/protocol.md; then keys, and for how many ms handlers had each
write_before_growing('HDEL', series)
local time = now()
local minute, hour = math.floor(time / 60000), math.floor(time / 3600000)

-- Returns whether these are the first numbers of their time.
local function add(field)
  local former = redis.call('HGET', series, field)
  local sums = {}
  for number in (former or ''):gmatch('%d+') do sums[#sums + 1] = number end
  for at = 1, tonumber(numbers) do
    local i = rest + at - 1
    sums[at] = string.format('%.0f', (sums[at] or 0) + ARGV[i])
  end
  redis.call('HSET', series, field, table.concat(sums, ','))
  return not former
end

local function add_keys(field)
  local first_key = rest + numbers
  if not ARGV[first_key] then return end
  local times, names = cjson.decode(redis.call('HGET', series, field) or '{}'), {}
  for i = first_key, #ARGV, 2 do times[ARGV[i]] = (times[ARGV[i]] or 0) + ARGV[i + 1] end
  for key in pairs(times) do names[#names + 1] = key end
  table.sort(names, function(one, other) return times[one] > times[other] end)
  for n = most_keys + 1, #names do times[names[n]] = nil end
  redis.call('HSET', series, field, cjson.encode(times))
end

add('m' .. minute)
add_keys('k' .. hour)
if add('h' .. hour) then
  local old = {}
  for _, field in ipairs(redis.call('HKEYS', series)) do
    local unit, number = field:match('^([mhk])(%d+)$')
    local is_old = unit == 'm' and number + minutes <= minute or unit == 'h' and number + hours <= hour
      or unit == 'k' and number + 2 <= hour
    if is_old then old[#old + 1] = field end
  end
  for i = 1, #old, 1000 do
    redis.call('HDEL', series, unpack(old, i, math.min(#old, i + 999)))
  end
end
return 1
