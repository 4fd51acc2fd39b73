-- Records that wait for another attempt are pending under this name, and not under the name of the consumer that returned
-- them, so that no record is lost when this consumer is removed.
local waiting = '~waiting'
