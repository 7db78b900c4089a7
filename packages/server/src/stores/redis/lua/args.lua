-- Every script begins with this. Arguments have names: a count of texts, then names and values in turn. An argument
-- that is false or missing is left out.

local next_arg = 1

local function next_args()
  local args, last = {}, next_arg + tonumber(ARGV[next_arg])
  for i = next_arg + 1, last, 2 do args[ARGV[i]] = ARGV[i + 1] end
  next_arg = last + 1
  return args
end

local args = next_args()

local function number(n) return string.format('%.0f', n) end
