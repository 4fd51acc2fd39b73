-- Where messages of a producer wait that have neither priorities nor keys: in the list. A script that is sent as text
-- with each call is to be short.

-- True for a message that waits in the list itself.
local function goes_to_list(n)
  return ARGV[rest + 3 * n - 3] == '0'
end

-- None is refused.
local refused = {}

local function put_sent(element)
  redis.call('LPUSH', list, element)
end

local function tell_arrived() end

local function check_places() end
