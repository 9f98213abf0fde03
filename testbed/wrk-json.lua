-- Makes wrk print its results once more at full precision: one line of JSON after its usual report.
--
--   wrk -t4 -c100 -d30s --latency -s wrk-json.lua http://server/ > run-01.txt
--
-- meshstats reads the report and the line after it as one run. Times are in microseconds.
-- Runs in wrk 4.1 and later (LuaJIT, Lua 5.1); where a value does not exist, it is null.

local PERCENTILES = { 50, 75, 90, 95, 99, 99.9, 99.99 }

-- latency(i) searches from the start each time, so that the whole histogram takes about
-- values * range / 2 steps. It is left out where that would take more than a few seconds.
local MOST_STEPS = 1e10

local function number(value)
  local is_finite = type(value) == "number" and value == value and value ~= math.huge and value ~= -math.huge
  if not is_finite then return "null" end
  if value == math.floor(value) then return string.format("%.0f", value) end
  return string.format("%.17g", value)
end

local function percentiles(latency, measured)
  local items = {}
  for _, percent in ipairs(PERCENTILES) do
    local value = measured and latency:percentile(percent) or nil
    items[#items + 1] = string.format('"%s":%s', tostring(percent), number(value))
  end
  return "{" .. table.concat(items, ",") .. "}"
end

-- [[value, count], ...] and the sum of the counts.
local function histogram(latency)
  local items, total = {}, 0
  for i = 1, #latency do
    local value, count = latency(i)
    items[#items + 1] = string.format("[%s,%s]", number(value), number(count))
    total = total + count
  end
  return "[" .. table.concat(items, ",") .. "]", number(total)
end

function done(summary, latency, requests)
  local measured = latency.max > 0
  local bins, count = "null", "null"
  if measured and #latency * (latency.max - latency.min) / 2 <= MOST_STEPS then
    bins, count = histogram(latency)
  end
  local function of_latency(name) return number(measured and latency[name] or nil) end
  local errors = {}
  for _, name in ipairs({ "connect", "read", "write", "status", "timeout" }) do
    errors[#errors + 1] = string.format('"%s":%s', name, number(summary.errors[name]))
  end
  io.write(
    '{"wrk_json":1,"duration_us":', number(summary.duration),
    ',"requests":', number(summary.requests),
    ',"bytes":', number(summary.bytes),
    ',"errors":{', table.concat(errors, ","),
    '},"latency_us":{"min":', of_latency("min"),
    ',"max":', of_latency("max"),
    ',"mean":', of_latency("mean"),
    ',"stdev":', of_latency("stdev"),
    ',"count":', count,
    ',"percentile":', percentiles(latency, measured),
    ',"histogram":', bins,
    '}}\n')
end
