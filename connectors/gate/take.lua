-- May one call be made now?
-- KEYS  1 the endpoint's hash, 2 the hash of limits that hold for every endpoint
-- ARGV  1 now (ms)  2 cost in calls, 0 only looks  3 percent of a limit to leave  4 margin (ms)
-- Returns 0 for leave, and the call then counts; else the time (ms) to come back.
--
-- A hash holds, for each limit NAME: NAME:rem, NAME:reset, NAME:limit, NAME:pct.
-- The endpoint's hash also holds: taken, calls that may count in the present
-- window; flying, calls let through and not answered yet, with flown, the time of
-- the newest; open, 1 once an answer told of no window; cold, when the one call
-- that asks an unknown platform was let through.
local now, cost, leave, margin = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local COLD_WAIT, COLD_TRY, FLIGHT = 250, 35000, 60000
local until_ms = 0

local function names(key)
  local found = {}
  for _, field in ipairs(redis.call('HKEYS', key)) do
    local name = string.match(field, '^(.*):reset$')
    if name then found[#found + 1] = name end
  end
  return found
end

local function num(key, field)
  return tonumber(redis.call('HGET', key, field) or '')
end

local live = {}      -- limits that count calls and have room
local windowed = false
for _, key in ipairs(KEYS) do
  for _, name in ipairs(names(key)) do
    local reset, rem, limit = num(key, name .. ':reset'), num(key, name .. ':rem'), num(key, name .. ':limit') or 0
    if reset + margin <= now then
      redis.call('HDEL', key, name .. ':reset', name .. ':rem')
      if key == KEYS[1] and name == 'window' then
        -- Calls still under way may count in the new window.
        local flown = num(key, 'flown') or 0
        if now - flown > FLIGHT then redis.call('HSET', key, 'flying', 0) end
        redis.call('HSET', key, 'taken', num(key, 'flying') or 0)
      end
    else
      if key == KEYS[1] and name == 'window' then windowed = true end
      local floor = math.ceil(limit * leave / 100)
      if floor >= limit then floor = math.max(limit - 1, 0) end
      if num(key, name .. ':pct') == 1 then
        if rem <= floor and reset + margin > until_ms then until_ms = reset + margin end
      elseif rem - math.max(cost, 1) < floor then
        if reset + margin > until_ms then until_ms = reset + margin end
      else
        live[#live + 1] = {key, name}
      end
    end
  end
end
if until_ms > 0 then return until_ms end

if not windowed then
  local limit, taken = num(KEYS[1], 'window:limit'), num(KEYS[1], 'taken') or 0
  if limit and limit > 0 then
    -- A new window: as many calls as the last one had, until an answer tells.
    local floor = math.ceil(limit * leave / 100)
    if floor >= limit then floor = math.max(limit - 1, 0) end
    if taken + math.max(cost, 1) > limit - floor then return now + COLD_WAIT end
  elseif redis.call('HGET', KEYS[1], 'open') ~= '1' then
    local cold = num(KEYS[1], 'cold')
    if cold and now - cold >= 0 and now - cold < COLD_TRY then return now + COLD_WAIT end
    if cost > 0 then redis.call('HSET', KEYS[1], 'cold', now) end
  end
end

if cost > 0 then
  for _, l in ipairs(live) do redis.call('HINCRBY', l[1], l[2] .. ':rem', -cost) end
  redis.call('HINCRBY', KEYS[1], 'taken', cost)
  redis.call('HINCRBY', KEYS[1], 'flying', 1)
  redis.call('HSET', KEYS[1], 'flown', now)
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, 172800000) end
end
return 0
