-- How many calls would be let through now? Changes nothing.
-- KEYS  as in take.lua
-- ARGV  1 now (ms)  2 percent of a limit to leave  3 margin (ms)
-- Returns {calls, time (ms) to come back when calls is 0, known}: calls is -1
-- where no limit is known to count them, known is 0 for an endpoint that nobody
-- has had an answer from. take.lua says what the fields mean, and decides alike.
local now, leave, margin = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local COLD_WAIT, COLD_TRY, FLIGHT = 250, 35000, 60000
local room, until_ms, windowed = -1, 0, false

local function num(key, field)
  return tonumber(redis.call('HGET', key, field) or '')
end

local function floor_of(limit)
  local floor = math.ceil(limit * leave / 100)
  if floor >= limit then floor = math.max(limit - 1, 0) end
  return floor
end

local function bound(n, back)
  n = math.max(n, 0)
  if n == 0 and back > until_ms then until_ms = back end
  if room < 0 or n < room then room = n end
end

for _, key in ipairs(KEYS) do
  for _, field in ipairs(redis.call('HKEYS', key)) do
    local name = string.match(field, '^(.*):reset$')
    local reset = name and num(key, field)
    if name and reset + margin > now then
      local rem, limit = num(key, name .. ':rem'), num(key, name .. ':limit') or 0
      if key == KEYS[1] and name == 'window' then windowed = true end
      if num(key, name .. ':pct') ~= 1 then
        bound(rem - floor_of(limit), reset + margin)
      elseif rem <= floor_of(limit) then
        bound(0, reset + margin)
      end
    end
  end
end
if room == 0 then return {0, until_ms, 1} end
if windowed then return {room, 0, 1} end

local limit = num(KEYS[1], 'window:limit') or 0
if limit > 0 then
  -- A new window: as many calls as the last one had, less what may count in it.
  local taken = num(KEYS[1], 'taken') or 0
  if redis.call('HEXISTS', KEYS[1], 'window:reset') == 1 then
    taken = num(KEYS[1], 'flying') or 0
    if now - (num(KEYS[1], 'flown') or 0) > FLIGHT then taken = 0 end
  end
  bound(limit - floor_of(limit) - taken, now + COLD_WAIT)
  return {room, until_ms, 1}
end
if redis.call('HGET', KEYS[1], 'open') == '1' then return {room, 0, 1} end
local cold = num(KEYS[1], 'cold')
if cold and now - cold >= 0 and now - cold < COLD_TRY then return {0, now + COLD_WAIT, 0} end
return {1, 0, 0}
