import type { Losses, Seen } from "./seen.ts";

/** A cell in which nothing was lost and everything came to its end, for tests to change. */
export const NOTHING_LOST: Losses = { total: 800, gets: 0, posts: 0, elsewhen: 0, wrong: 0, lastSent: 0, gap: 0, samples: [] };
export const QUIET: Seen = {
  losses: NOTHING_LOST,
  outcome: "succeeded",
  reason: null,
  unrest: [],
  created: ["web-1", "web-2"],
  jobs: [],
  unapproved: null,
  resumed: null,
  away: null,
  refused: null,
  outage: null,
  seconds: 5,
};
