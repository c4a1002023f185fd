import { Installation } from "/work/main/test/e2e/installation.ts";
import { startLoad } from "/work/main/test/load/load.ts";
import { inWords } from "/work/main/test/load/report.ts";
import { spec } from "./specup.ts";
const i = await Installation.start();
try {
const r: any = await i.ask("/v1/up", "POST", { spec: spec("shop", 23456, "instar-test/rude:v1"), notices: [], who: "root", prune: false, unpin: false, forceFile: false, built: {} });
console.log(JSON.stringify(r).slice(0, 300));
const wait = async () => { for (;;) { const d = await i.latest("shop/web"); if (d.outcome !== "running") return d; await new Promise((r) => setTimeout(r, 30)); } };
let d = await wait(); console.log(d.outcome, d.reason, d.seconds);
const load = await startLoad({ url: "http://127.0.0.1:23456" });
await new Promise((r) => setTimeout(r, 1000));
for (let n = 0; n < 4; n++) {
  load.mark("deploy " + n);
  await i.ask("/v1/stacks/shop/services/web/deploy", "POST", { image: `instar-test/rude:v${n % 2 === 0 ? 2 : 1}` });
  d = await wait(); console.log(d.outcome, d.reason, d.seconds);
}
for (const s of d.steps) console.log(s.at - d.startedAt, s.do, s.instance, s.because);
const rep = await load.stop();
console.log(inWords(rep), rep.cutWebSockets.length, rep.versions);
console.log(JSON.stringify(await i.ask("/v1/timings")).slice(0, 400));
} catch (e) { console.log(e); }
console.log(i.log.slice(-3000));
await i.wipe();
