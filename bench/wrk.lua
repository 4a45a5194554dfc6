-- POSTs bodies from a file, one a line, in turn. `@KEY@` becomes a key never used before.
-- Arguments: the file, a header line (or ""), the beginning of keys, the place to begin at.
local requests, plain, key, number, place = {}, true, "", 0, 0

function init(arguments)
  local headers = { ["Content-Type"] = "application/json", ["Connection"] = "keep-alive" }
  if arguments[2] ~= "" then headers["Authorization"] = arguments[2] end
  for line in io.lines(arguments[1]) do
    if line:find("@KEY@", 1, true) then plain = false end
    requests[#requests + 1] = { line = line, made = wrk.format("POST", nil, headers, line) }
  end
  key, place = arguments[3], tonumber(arguments[4])
  made_with = headers
end

function request()
  place = place % #requests + 1
  local one = requests[place]
  if plain then return one.made end
  number = number + 1
  return wrk.format("POST", nil, made_with, (one.line:gsub("@KEY@", key .. number)))
end

function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format(
    '\n@{"requests": %d, "seconds": %f, "bytes": %d, "p50_ms": %f, "p99_ms": %f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
