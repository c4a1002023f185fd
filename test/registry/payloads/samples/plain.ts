// Instar's own form: docs/triggers.md.
import { DIGEST, JSON_TYPE, type Sample } from "./sample.ts";

const rest = { form: "plain", shared: false, callback: null } as const;
const sample = (body: object, tag: string | null, digest: string | null, id: string | null = null): Sample => ({
  headers: JSON_TYPE,
  body,
  read: { ...rest, pushed: [{ repositories: ["reg.example:5000/shop/web"], tag, digest, id }] },
});

const image = "reg.example:5000/shop/web";
export const tagged = sample({ image, tag: "1.4" }, "1.4", null);
export const digested = sample({ image, digest: DIGEST }, null, DIGEST);
export const both = sample({ image: `${image}:1.4`, digest: DIGEST }, "1.4", DIGEST);
export const inImage = sample({ image: `${image}:1.4@${DIGEST}` }, "1.4", DIGEST);
export const bare = sample({ image }, "latest", null);
export const named = sample({ image, tag: "1.4", id: "run-812" }, "1.4", null, "run-812");
