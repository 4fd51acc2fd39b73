-- Publish a signal to the consumers. Signals only save time, so a user that may not publish works without them.
local function tell(what)
  redis.pcall('PUBLISH', signal, what)
end
