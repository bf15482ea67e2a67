#!lua flags=no-writes,allow-oom
-- A piece of a live log. KEYS: log, its keys. ARGV: position (empty: none), most entries.
-- Answers: 1 if the log does not reach back to the position (then its newest entries follow); 1 if there are more
-- behind; ids and payloads.
local from, most = ARGV[1], tonumber(ARGV[2])
local torn = 0
if from ~= '' and from ~= (redis.call('HGET', KEYS[2], 'trimmed') or '0-0')
    and #redis.call('XRANGE', KEYS[1], from, from) == 0 then
  torn = 1
end
local answer = { torn, 0 }
if from == '' or torn == 1 then
  local found = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', most)
  for at = #found, 1, -1 do
    answer[#answer + 1] = found[at][1]
    answer[#answer + 1] = found[at][2][4]
  end
  return answer
end
local found = redis.call('XRANGE', KEYS[1], '(' .. from, '+', 'COUNT', most + 1)
if #found > most then answer[2] = 1 end
for at = 1, math.min(#found, most) do
  answer[#answer + 1] = found[at][1]
  answer[#answer + 1] = found[at][2][4]
end
return answer
