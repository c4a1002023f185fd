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
  local wait, limit = string.match(txn:get_var("txn.hold"), "^(%d+)/(%d+)$")
  if (waiting[name] or 0) >= tonumber(limit) then
    txn:set_var("txn.held", "full")
    return
  end
  local before = tonumber(txn:get_var("txn.waited")) or 0
  local from = milliseconds() - before
  local ticket = enter(name)
  while txn.f:nbsrv(name) == 0 do
    if txn.f:stopping() == 1 then
      txn:set_var("txn.waited", tostring(milliseconds() - from))
      txn:set_var("txn.handon", 1)
      break
    end
    if milliseconds() - from >= tonumber(wait) then
      txn:set_var("txn.held", "late")
      break
    end
    core.msleep(20)
  end
  leave(ticket)
end, 0)
