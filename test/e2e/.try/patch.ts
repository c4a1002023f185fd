import { Installation } from "../installation.ts";
import { spec } from "./specup.ts";
import { until } from "../until.ts";
const ms = (s: string) => s.endsWith("ms") ? Number(s.slice(0, -2)) : Number(s.slice(0, -1)) * 1000;
(Installation.prototype as any).apply = async function (name: string, content: any) {
  const w = content.services.web; const x = w["x-instar"];
  const s: any = spec(name, Number(w.ports[0].split(":")[0]), w.image, { replicas: w.deploy.replicas, drainMs: ms(x.drain), readyTimeoutMs: ms(x.ready.timeout), environment: w.environment ?? {}, minReadyMs: ms(x.min_ready ?? "0s"), rollout: { parallelism: w.deploy.update_config?.parallelism ?? 1, delayMs: 0, order: w.deploy.update_config?.order ?? null, failureAction: "rollback", monitorMs: 0, maxFailureRatio: 0 } });
  const side = content.services.side;
  const r: any = await this.ask("/v1/up", "POST", { spec: s, notices: [], who: "root", prune: false, unpin: false, forceFile: false, built: {} });
  const d: any = await until("up", async () => { const d = await this.latest(`${name}/web`); return d.outcome !== "running" ? d : null; });
  return { code: d.outcome === "succeeded" || d.outcome === "unchanged" ? 0 : 1, deployments: [d], stderr: "" };
};
