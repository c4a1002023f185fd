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
      turn = 0,
    }
  end
  lists[list] = parts
  known = known + 1
  return parts
end

local function take(parts, fits)
  local whole, best = 0, nil
  for _, part in ipairs(parts) do
    if fits(part) then
      whole = whole + part.weight
      part.turn = part.turn + part.weight
      if not best or part.turn > best.turn then best = part end
    end
  end
  if best then best.turn = best.turn - whole end
  return best
end

local function ready(txn, part)
  local fine, servers = pcall(txn.f.nbsrv, txn.f, part.name)
  return fine and servers > 0
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

local AT_ONCE = 8

-- By backend: who waits, how many they are, how many have ever come, and how those go on who waited.
local tickets, waiting, counts, turns = {}, {}, {}, {}

local function leave(ticket)
  local name = ticket.name
  if name then
    waiting[name] = waiting[name] - 1
    tickets[name][ticket] = nil
    if turns[name] then turns[name].gone = turns[name].gone + 1 end
    ticket.name = nil
  end
end

local function enter(name, from)
  waiting[name] = (waiting[name] or 0) + 1
  counts[name] = (counts[name] or 0) + 1
  tickets[name] = tickets[name] or setmetatable({}, { __mode = "k" })
  local ticket = setmetatable({ name = name, number = counts[name], from = from }, { __gc = leave })
  tickets[name][ticket] = true
  return ticket
end

local function milliseconds()
  local now = core.now()
  return now.sec * 1000 + now.usec // 1000
end

local function begin_turn(name, now)
  local first
  for ticket in pairs(tickets[name]) do
    if not first or ticket.number < first.number then first = ticket end
  end
  local gap = (now - first.from) / 2 / (counts[name] - first.number + 1)
  return { at = now, first = first.number, gone = 0, gap = gap }
end

-- How many have to go before this one may; 0 or less: it may.
local function ahead(txn, ticket, now)
  local name = ticket.name
  local turn = turns[name] or begin_turn(name, now)
  turns[name] = turn
  local before = ticket.number - turn.first
  if now - turn.at >= before * turn.gap then return 0 end
  return before + 1 - turn.gone - AT_ONCE * txn.f:nbsrv(name) + txn.f:be_conn(name)
end

core.register_action("hold", { "http-req" }, function(txn)
  local name = txn:get_var("txn.be")
  local wait, limit = string.match(txn:get_var("txn.hold"), "^(%d+)/(%d+)$")
  if (waiting[name] or 0) >= tonumber(limit) then
    txn:set_var("txn.held", "full")
    return
  end
  local before = tonumber(txn:get_var("txn.waited")) or 0
  local from = milliseconds() - before
  local ticket = enter(name, from)
  local list = txn:get_var("txn.shares")
  while true do
    local now, pause = milliseconds(), 20
    local late = now - from >= tonumber(wait)
    if txn.f:stopping() == 1 then
      txn:set_var("txn.waited", tostring(now - from))
      txn:set_var("txn.handon", 1)
      if list then txn:set_var("txn.be", list) end
      break
    elseif txn.f:nbsrv(name) > 0 then
      local more = ahead(txn, ticket, now)
      if late or more <= 0 then break end
      pause = math.min(pause, more)
    else
      turns[name] = nil
      local other = list and take(parts_of(list), function(part) return ready(txn, part) end)
      if other then
        txn:set_var("txn.be", other.name)
        break
      elseif late then
        txn:set_var("txn.held", "late")
        break
      end
    end
    core.msleep(pause)
  end
  leave(ticket)
end, 0)
