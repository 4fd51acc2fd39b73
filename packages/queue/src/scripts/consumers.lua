-- Tell of each consumer that holds a lease.
--
-- registration_prefix and the others  what the keys of each consumer begin with
-- returns { { name, when its lease ends, what it tells of itself or '', how many messages it holds, its pause or '' }, ... }
local found = {}
local members = redis.call('ZRANGE', consumers, 0, -1, 'WITHSCORES')
for i = 1, #members, 2 do
  local consumer = members[i]
  -- Former ones, with a leading '~', hold none.
  if consumer:sub(1, 1) ~= '~' then
    local held = redis.call('HLEN', active_prefix .. consumer) + redis.call('LLEN', handoff_prefix .. consumer)
    for _, batch in ipairs(redis.call('HKEYS', batches_prefix .. consumer)) do
      held = held + batch:match('%d+$')
    end
    local about = redis.call('GET', registration_prefix .. consumer) or ''
    local pause = redis.call('HGET', shape, 'paused_consumer:' .. consumer) or ''
    found[#found + 1] = { consumer, members[i + 1], about, held, pause }
  end
end
return found
