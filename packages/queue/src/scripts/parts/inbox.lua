-- Put elements behind all that wait, as producers do: the first one is taken first.
local function put_last(...)
  redis.call('LPUSH', list, ...)
end
