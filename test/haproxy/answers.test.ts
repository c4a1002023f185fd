import { describe, expect, test } from "vitest";
import { parseMap, parseReload, parseServers, parseSessions, parseStats, parseWorkers } from "../../src/haproxy/answers.ts";
import { failure } from "../../src/haproxy/launch.ts";
import { checkVersion, maxconnFor } from "../../src/haproxy/limits.ts";
import { parseListening } from "../../src/haproxy/listening.ts";

// The texts are HAProxy 3.0.11's own.
const PROCESSES = `#<PID>          <type>          <reloads>       <uptime>        <version>      
1               master          2 [failed: 0]   0d00h00m05s     3.0.11-1+deb13u3
# workers
35              worker          0               0d00h00m00s     3.0.11-1+deb13u3
# old workers
24              worker          1               0d00h00m05s     3.0.11-1+deb13u3
8               worker          2               0d00h00m05s     3.0.11-1+deb13u3
# programs

`;
const SERVERS = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port
6 be:shop:db:5432 1 db 127.0.0.1 0 0 0 0 0 8 2 0 6 0 0 0 - 21903 - 0 0 - - 0
9 be:shop:web:80 1 a 10.0.0.1 2 8 50 100 0 8 2 0 6 0 0 0 - 80 - 0 0 - - 0
9 be:shop:web:80 2 b 10.0.0.2 0 5 100 100 0 1 0 0 14 0 0 0 - 80 - 0 0 - - 0

`;

describe("what HAProxy answers", () => {
  test("show proc", () => {
    expect(parseWorkers(PROCESSES)).toEqual([
      { pid: 35, old: false, reloads: 0 },
      { pid: 24, old: true, reloads: 1 },
      { pid: 8, old: true, reloads: 2 },
    ]);
    expect(parseWorkers("")).toEqual([]);
  });

  test("show servers state", () => {
    const found = parseServers(SERVERS);
    expect(found.get("be:shop:db:5432")).toEqual([{ name: "db", address: "127.0.0.1", port: 21_903, weight: 0, state: "ready" }]);
    expect(found.get("be:shop:web:80")).toEqual([
      { name: "a", address: "10.0.0.1", port: 80, weight: 50, state: "drain" },
      { name: "b", address: "10.0.0.2", port: 80, weight: 100, state: "maint" },
    ]);
    expect(() => parseServers("\n")).toThrow(expect.objectContaining({ code: "INS4002" }));
  });

  test("show stat: by the names of the columns", () => {
    const answer = "# pxname,svname,qcur,qmax,scur,smax,status,\nbe:a:b:1,one,0,0,3,9,UP,\nbe:a:b:1,two,0,0,0,9,DRAIN,\n\n";
    expect(parseStats(answer)).toEqual([
      { backend: "be:a:b:1", server: "one", sessions: 3, status: "UP" },
      { backend: "be:a:b:1", server: "two", sessions: 0, status: "DRAIN" },
    ]);
    expect(() => parseStats("")).toThrow(expect.objectContaining({ code: "INS4002" }));
  });

  test("show sess", () => {
    const line = "0x7f295e256400: proto=tcpv6 src=::ffff:127.0.0.1:47032 fe=fe:21003 be=be:shop:db:1 srv=t1 ts=00 epoch=0 age=1s";
    const own = "0x7f295e256c00: proto=sockpair src=unix:2 fe=GLOBAL be=<NONE> srv=<none> ts=00 epoch=0 age=0s";
    expect(parseSessions(`${line}\n${own}\n\n`)).toEqual([
      { id: "0x7f295e256400", backend: "be:shop:db:1", server: "t1" },
      { id: "0x7f295e256c00", backend: "<NONE>", server: "<none>" },
    ]);
  });

  test("show map", () => {
    expect(parseMap("0x7f1c6b441600 *.shop.test/ be:shop:tls:80\n0x7f1c6a58e900 foo.test/ be:y\n\n")).toEqual(
      new Map([
        ["*.shop.test/", "be:shop:tls:80"],
        ["foo.test/", "be:y"],
      ]),
    );
  });

  test("reload", () => {
    expect(parseReload("Success=1\n--\n[NOTICE]   (1) : Loading success.\n")).toMatchObject({ success: true });
    const refused = parseReload(
      "Success=0\n--\n[NOTICE] (1) : x\n[ALERT]    (1) : Starting frontend fe:80: cannot bind socket (Address already in use) for [:::80]\n",
    );
    expect(refused.success).toBe(false);
    expect(failure(refused.said)).toMatchObject({ code: "INS4001" });
    expect(failure("[ALERT] (1) : parsing [x:1] : unknown keyword 'y'")).toMatchObject({ code: "INS4003" });
    expect(failure("")).toMatchObject({ code: "INS4002" });
  });
});

test("maxconn fits the files a container gets", () => {
  expect(maxconnFor(20_000)).toBe(9_500);
  expect(maxconnFor(1_048_576)).toBe(40_000);
  expect(() => maxconnFor(1_024)).toThrow(expect.objectContaining({ code: "INS4004" }));
});

test("HAProxy before 3.0 is refused", () => {
  expect(checkVersion("HAProxy version 3.0.11-1+deb13u3 2026/05/20 - https://haproxy.org/", "x")).toBe("3.0.11-1+deb13u3");
  expect(checkVersion("HAProxy version 3.2.1", "x")).toBe("3.2.1");
  for (const said of ["HA-Proxy version 2.2.9", "HAProxy version 2.6.12-1+deb12u3", "nginx/1.2", ""]) {
    expect(() => checkVersion(said, "x")).toThrow(expect.objectContaining({ code: "INS4004" }));
  }
});

test("listening sockets in /proc/net/tcp, and no others", () => {
  const listing = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F91 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 30 10 -1
`;
  expect(parseListening(listing)).toEqual([{ port: 8080, address: "0100007F", inode: "4711" }]);
});
