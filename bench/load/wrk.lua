-- POST load for wrk: `-- PATH FILE`, a body a line of FILE, sent in turn. Prints one line of JSON.
local requests, turn = {}, 0

function init(args)
  for body in io.lines(args[2]) do
    requests[#requests + 1] = wrk.format("POST", args[1], { ["Content-Type"] = "application/json" }, body)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%f,"p50Ms":%f,"p99Ms":%f,"p999Ms":%f,"refused":%d,"errors":%d,"timeouts":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency:percentile(99.9) / 1e3, e.status, e.connect + e.read + e.write, e.timeout))
end
