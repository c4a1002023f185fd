import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../test/e2e/ports.ts";
import { until } from "../../test/e2e/until.ts";

export const BALANCER_IMAGE = "instar/router:3.0";
const HTTP = 8080;
const STATS = 8404;

/**
 * The HAProxy that stands before the peers, which have no router of their own: the common recipe (`resolvers`, `server-template` on
 * the name whose A records are the instances) with what HAProxy's configuration manual offers against lost requests. Every retry
 * after a connection failure goes to another server; a GET whose answer had not begun is sent again, a POST never.
 * A single writer is given time: with one server a retry waits a second (`retries`), so a request can outlast its restart.
 */
export function configuration(name: string, single: boolean): string {
  const check = single
    ? "check inter 500ms fall 20 rise 1"
    : "check inter 500ms fall 1 rise 1 observe layer4 error-limit 1 on-error mark-down";
  return `global
  maxconn 4096
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout queue 30s
  option http-server-close
  option redispatch 1
  retries ${single ? 10 : 3}
  retry-on all-retryable-errors
resolvers docker
  nameserver dns 127.0.0.11:53
  accepted_payload_size 8192
  resolve_retries 3
  timeout resolve 1s
  timeout retry 1s
  hold valid 1s
  hold nx 10s
  hold other 10s
  hold refused 10s
  hold timeout 10s
frontend web
  bind :${HTTP}
  default_backend instances
backend instances
  balance roundrobin
  http-request disable-l7-retry unless METH_GET
  option httpchk GET /healthz
  server-template web- 8 ${name}:8080 ${check} resolvers docker resolve-prefer ipv4 init-addr none
listen stats
  bind :${STATS}
  stats enable
  stats show-legends
  stats uri /
`;
}

/** The file and the ports of one such HAProxy, and what its stats page says. */
export class Balancer {
  readonly port: number;
  readonly url: string;
  private readonly stats: number;
  private readonly folder = mkdtempSync(join(tmpdir(), "instar-peers-"));

  private constructor(port: number, stats: number, configured: string) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.stats = stats;
    writeFileSync(this.file, configured);
  }

  static async of(name: string, single: boolean): Promise<Balancer> {
    return new Balancer(await freePort(), await freePort(), configuration(name, single));
  }

  private get file(): string {
    return join(this.folder, "haproxy.cfg");
  }

  get command(): readonly string[] {
    return ["haproxy", "-W", "-db", "-f", "/haproxy.cfg"];
  }

  get ports(): readonly string[] {
    return [`127.0.0.1:${this.port}:${HTTP}`, `127.0.0.1:${this.stats}:${STATS}`];
  }

  get volume(): string {
    return `${this.file}:/haproxy.cfg:ro`;
  }

  /** Until so many instances are in rotation, among them this address. */
  async untilUp(count: number, address?: string): Promise<void> {
    await until(
      `HAProxy to have ${count} servers up`,
      async () => {
        const up = serversUp(await text(`http://127.0.0.1:${this.stats}/;csv`));
        return up.length === count && (address === undefined || up.includes(address));
      },
      180_000,
    );
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The addresses of the servers of `instances` that the stats page (HAProxy's management guide, section 9.1) shows as UP. */
export function serversUp(csv: string): readonly string[] {
  const [head = "", ...rows] = csv.trim().split("\n");
  const columns = head.replace(/^# /, "").split(",");
  const at = (row: readonly string[], column: string): string => row[columns.indexOf(column)] ?? "";
  return rows
    .map((row) => row.split(","))
    .filter((row) => at(row, "pxname") === "instances" && at(row, "svname").startsWith("web-") && at(row, "status").startsWith("UP"))
    .map((row) => at(row, "addr").replace(/:\d+$/, ""));
}

function text(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { agent: false, timeout: 5000 }, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (piece: string) => {
        body += piece;
      });
      answer.on("end", () => resolve(body));
      answer.on("error", reject);
    });
    asked.on("timeout", () => asked.destroy(new Error(`${url}: no answer`)));
    asked.on("error", reject);
  });
}
