-- Where messages of a plain queue are taken from: first those that were returned, then the end of the list that
-- consumers of this queue read.
local pop = from == 'LEFT' and 'LPOP' or 'RPOP'

-- Take elements, as many as fit into an answer, at least one. Returns them, and whether the next one did not fit.
local function take(count, with_list)
  if count > 0 and redis.call('LLEN', returned) > 0 then
    -- An error for a key that is no list, before anything is taken that would be lost then.
    if with_list then redis.call('LLEN', list) end
    if take_from(returned, 'RPOP', count, returned) then return taken, true end
  end
  -- No script writes to the list, so what does not fit is next among those that were returned.
  return taken, with_list and take_from(list, pop, count, returned)
end

local function finds_suspect()
  return redis.call('LLEN', suspects) > 0
end

local function take_suspect()
  return redis.call('RPOP', suspects)
end

-- Messages of a plain queue have no keys.
local next_key_ms, ready_keys
local function free_acknowledged() end
local function occupy() end
local function runs_taken() end
local function tell_arrived() end
-- Nor is any of them sent once.
local function note_brought() end
local function note_acknowledged() end
local function note_taken() end
