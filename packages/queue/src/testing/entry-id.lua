-- In the place of the '*' of an XADD: the id that the next entry would have at the time of the fake clock.
local info = redis.pcall('XINFO', 'STREAM', stream)
for at = 1, #info, 2 do
  if info[at] == 'last-generated-id' then
    local last, number = info[at + 1]:match('^(%d+)-(%d+)$')
    if tonumber(last) >= ms then return last .. '-' .. string.format('%.0f', number + 1) end
  end
end
return string.format('%.0f-0', ms)
