-- In the place of TIME: the time of the fake clock.
local real = redis.call('TIME')
local us = real[1] * 1000000 + real[2] + 1000 * (redis.call('GET', 'redpost:fake-clock') or 0)
return { string.format('%.0f', math.floor(us / 1000000)), string.format('%.0f', us % 1000000) }
