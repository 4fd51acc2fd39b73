-- returns the id of the newest entry of a stream, nil when there is none
local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
return newest and newest[1]
