-- Tell the consumers that listen. It only saves time: a user who may not publish works without it.
local function tell(what)
  redis.pcall('PUBLISH', signal, what)
end
