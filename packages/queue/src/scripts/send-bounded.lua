-- Send messages in their order, as long as fewer than `limit` wait. With `drops` 1, a message that does not fit
-- replaces the oldest one of the list, if there is one. Without messages it only counts.
--
-- returns { sent, dropped, count, refused }: how many of the first ones were sent, how many others were dropped, how
--         many wait now, and the numbers of those among the first ones that were refused because of their keys

-- All keys are read before anything is changed: an error for a key of another type means that nothing was sent.
local in_list = redis.call('LLEN', list)
local _, count, delayed_count = waiting()
count = count + delayed_count

local sent, dropped = math.max(0, math.min(given, limit - count)), 0
if drops == '1' and sent < given then
  check_dropping(reads_dropped())
  for n = 1, sent do
    if goes_to_list(n) then in_list = in_list + 1 end
  end
  while sent < given and in_list > 0 do
    sent, dropped = sent + 1, dropped + 1
    if not goes_to_list(sent) then in_list = in_list - 1 end
  end
end
if sent == 0 then return { 0, 0, count, refused } end

send_messages(sent)
if dropped > 0 then drop_oldest(dropped) end
return { sent, dropped, count + sent - dropped - #refused, refused }
