-- Takes in that a call which was let through ended without an answer.
-- KEYS  as in take.lua
-- It stays in taken and in what was subtracted: the platform may have counted it.
redis.call('HDEL', KEYS[1], 'cold')
local flying = tonumber(redis.call('HGET', KEYS[1], 'flying') or '0')
if flying > 0 then redis.call('HSET', KEYS[1], 'flying', flying - 1) end
return 0
