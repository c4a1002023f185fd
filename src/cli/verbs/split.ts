import { InstarError } from "../../errors.ts";
import { answer } from "../client.ts";
import { moving } from "./moving.ts";

export const split = moving(
  (command) => command.argument("<shares...>", "revision=percent, 100 together; one revision at 100 ends the split"),
  ["split shop/web 7=90 8=10", "split shop/web 8=100"],
  (client, path, args) => {
    const shares = args.slice(1).flat().map(share);
    return answer(client.api.POST("/v1/stacks/{stack}/services/{service}/split", { params: { path }, body: { shares } }));
  },
);

/** `7=90`, `r7=90%` */
function share(written: string): { revision: number; percent: number } {
  const found = /^r?([1-9]\d{0,8})=(\d{1,3})%?$/.exec(written);
  if (found === null)
    throw new InstarError("INS2001", `${JSON.stringify(written)} is no share of a revision`, { hint: "write it like 7=90 8=10" });
  return { revision: Number(found[1]), percent: Number(found[2]) };
}
