-- KEYS  stream
-- returns the id of its newest entry, nil when there is none
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
return newest and newest[1]
