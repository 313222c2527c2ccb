-- Takes in what one answer said of the limits.
-- KEYS  as in take.lua
-- ARGV  1 now (ms)  2 margin (ms), then for each limit: name, wide (0/1), percent (0/1), limit, remaining, reset (ms)
-- Answers overtake each other: within one window the smaller remainder wins, and
-- a new window starts from what was let through before its first answer came.
local now, margin = tonumber(ARGV[1]), tonumber(ARGV[2])
local told = false
local flying = tonumber(redis.call('HGET', KEYS[1], 'flying') or '0')
redis.call('HDEL', KEYS[1], 'cold')
redis.call('HSET', KEYS[1], 'flying', math.max(flying - 1, 0))
redis.call('PEXPIRE', KEYS[1], 172800000)
for i = 3, #ARGV, 6 do
  local name, key = ARGV[i], KEYS[1]
  if ARGV[i + 1] == '1' then key = KEYS[2] end
  local pct, limit, rem, reset = tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4]), tonumber(ARGV[i + 5])
  local old_reset = tonumber(redis.call('HGET', key, name .. ':reset') or '')
  local old_rem = tonumber(redis.call('HGET', key, name .. ':rem') or '')
  local counts = key == KEYS[1] and name == 'window'
  if counts then told = true end
  if reset + margin > now and not (old_reset and reset < old_reset - 1000 and pct == 0) then
    if pct == 0 then
      if old_reset and math.abs(old_reset - reset) <= 1000 then
        rem = math.min(rem, old_rem)
      elseif counts and limit > 0 then
        local taken = tonumber(redis.call('HGET', key, 'taken') or '0')
        -- The platform's window turned before ours did: what is under way may count in it.
        if old_reset then taken = math.max(flying, 1) end
        redis.call('HSET', key, 'taken', taken)
        rem = math.min(rem, math.max(limit - taken, 0))
      end
    end
    redis.call('HSET', key, name .. ':rem', rem, name .. ':reset', reset, name .. ':pct', pct)
    if limit > 0 then redis.call('HSET', key, name .. ':limit', limit) end
    redis.call('PEXPIRE', key, 172800000)
  end
end
if not told and not redis.call('HGET', KEYS[1], 'window:limit') then
  redis.call('HSET', KEYS[1], 'open', 1)
  redis.call('PEXPIRE', KEYS[1], 172800000)
end
return 0
