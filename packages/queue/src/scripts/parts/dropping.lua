-- Whether messages of the list may be sent once or be members of flows, so that those that are dropped have to be read.
local function reads_dropped()
  return redis.call('HEXISTS', shape, 'once') == 1 or redis.call('EXISTS', members) == 1
end

-- Read the list before anything is changed: a user who may not read it is refused before anything is sent.
local function check_dropping(reads)
  redis.call('HLEN', stats)
  if reads then redis.call('LINDEX', list, -1) end
end

-- Delete the oldest elements of the list for new ones. There are more than so many.
local function drop_oldest(count)
  if reads_dropped() then
    for n = 1, count do
      local element = redis.call('LINDEX', list, -n)
      end_once(element)
      end_member(element, 'cancelled')
    end
  end
  redis.call('LTRIM', list, 0, -1 - count)
  redis.call('HINCRBY', stats, 'dropped', count)
  post_ended()
end
