import { expect, test } from "vitest";
import { routedSubnets } from "../../src/engine/docker/routes.ts";

const TABLE = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
br-1\t0000D10A\t00000000\t0001\t0\t0\t0\t00FEFFFF\t0\t0\t0
tun0\t0500D30A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0
gone0\t0000A8C0\t00000000\t0000\t0\t0\t0\t0000FFFF\t0\t0\t0
`;

test("the kernel's table as subnets, without the default route and those that are down", () => {
  expect(routedSubnets(TABLE)).toEqual(["192.0.2.0/24", "172.17.0.0/16", "10.209.0.0/23", "10.211.0.5/32"]);
});

test("a host without routes has none", () => {
  expect(routedSubnets(TABLE.split("\n")[0] ?? "")).toEqual([]);
});
