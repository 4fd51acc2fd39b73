-- The largest size of an answer in bytes, unless it is one element or entry. Later answers on the same socket
-- wait for it, including those to heartbeats.
local most_bytes = 1048576

