local lists = {}
local known = 0

local function parts_of(list)
  if lists[list] then return lists[list] end
  if known >= 256 then lists, known = {}, 0 end
  local parts = {}
  for name, weight, holds, sticky, revisions in string.gmatch(list, "([^/,]+)/(%d+)/([01])/([^/,]+)/([^/,]+)") do
    local stack, service = string.match(name, "^be:([^:]+):([^:]+):")
    parts[#parts + 1] = {
      name = name,
      weight = tonumber(weight),
      holds = holds == "1",
      sticky = sticky ~= "-" and sticky or nil,
      revisions = "+" .. revisions .. "+",
      instances = stack .. "-" .. service .. "-r",
    }
  end
  parts.turns = {}
  lists[list] = parts
  known = known + 1
  return parts
end

local function take(parts, fits)
  local able, key = {}, ""
  for index, part in ipairs(parts) do
    if fits(part) then
      able[#able + 1] = part
      key = key .. index .. " "
    end
  end
  local turns = parts.turns[key] or {}
  parts.turns[key] = turns
  local whole, best = 0, nil
  for index, part in ipairs(able) do
    whole = whole + part.weight
    turns[index] = (turns[index] or 0) + part.weight
    if not best or turns[index] > turns[best] then best = index end
  end
  if not best then return nil end
  turns[best] = turns[best] - whole
  return able[best]
end

local function usable(txn, name)
  return txn.f:be_conn_free(name) == -1
end

local function ready(txn, part)
  local fine, is = pcall(usable, txn, part.name)
  return fine and is
end

local function asked(txn, parts)
  local revision = txn.f:req_hdr("x-instar-revision")
  if not revision then return nil end
  return take(parts, function(part) return string.find(part.revisions, "+" .. revision .. "+", 1, true) end)
end

local function back(txn, parts)
  for _, part in ipairs(parts) do
    local stuck = part.sticky and txn.f:req_cook(part.sticky)
    if stuck and string.sub(stuck, 1, #part.instances) == part.instances
      and string.match(string.sub(stuck, #part.instances + 1), "^%d+%-%d+%-a%d+$") and ready(txn, part) then
      return part
    end
  end
end

core.register_action("share", { "http-req" }, function(txn)
  local list = txn:get_var("txn.be")
  local parts = parts_of(list)
  local chosen = asked(txn, parts) or back(txn, parts)
    or take(parts, function(part) return ready(txn, part) end)
    or take(parts, function(part) return part.holds end)
    or take(parts, function() return true end)
  txn:set_var("txn.shares", list)
  txn:set_var("txn.be", chosen.name)
end, 0)

local waiting = {}

local function leave(ticket)
  if ticket.name then
    waiting[ticket.name] = waiting[ticket.name] - 1
    ticket.name = nil
  end
end

local function enter(name)
  waiting[name] = (waiting[name] or 0) + 1
  return setmetatable({ name = name }, { __gc = leave })
end

local function milliseconds()
  local now = core.now()
  return now.sec * 1000 + now.usec // 1000
end

core.register_action("hold", { "http-req" }, function(txn)
  local name = txn:get_var("txn.be")
  if usable(txn, name) then return end
  local wait, limit = string.match(txn:get_var("txn.hold"), "^(%d+)/(%d+)$")
  if (waiting[name] or 0) >= tonumber(limit) then
    txn:set_var("txn.held", "full")
    return
  end
  local before = tonumber(txn:get_var("txn.waited")) or 0
  local patience = tonumber(txn:get_var("txn.patience"))
  if patience and before + patience < tonumber(wait) then wait = before + patience end
  local from = milliseconds() - before
  local ticket = enter(name)
  local list = txn:get_var("txn.shares")
  while not usable(txn, name) do
    if txn.f:stopping() == 1 then
      txn:set_var("txn.handon", 1)
      if list then txn:set_var("txn.be", list) end
      break
    end
    local other = list and take(parts_of(list), function(part) return ready(txn, part) end)
    if other then
      txn:set_var("txn.be", other.name)
      break
    end
    if milliseconds() - from >= tonumber(wait) then
      txn:set_var("txn.held", "late")
      break
    end
    core.msleep(20)
  end
  txn:set_var("txn.waited", tostring(milliseconds() - from))
  leave(ticket)
end, 0)
