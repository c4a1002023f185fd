import fc from "fast-check";

/** The same random values in every run, so that a change is judged by itself; `INSTAR_SEED` tries others. */
fc.configureGlobal({ seed: Number(process.env["INSTAR_SEED"] ?? 1) });
