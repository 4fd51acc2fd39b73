-- Records that wait for another attempt are pending under this name, so that none is lost with the
-- consumer that returned it.
local waiting = '~waiting'
