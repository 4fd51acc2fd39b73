-- An answer has no more bytes than this, or one element or entry: all that comes behind it on the
-- socket waits for it, heartbeats too.
local most_bytes = 1048576

