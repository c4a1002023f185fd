import picocolors from "picocolors";

export type Paint = ReturnType<typeof picocolors.createColors>;

/** Colour only on a terminal, and never with NO_COLOR (no-color.org). */
export function paintFor(env: Readonly<Record<string, string | undefined>>, tty: boolean): Paint {
  return picocolors.createColors(tty && !env.NO_COLOR && env.TERM !== "dumb");
}

const PHASES = {
  starting: "yellow",
  ready: "cyan",
  serving: "green",
  draining: "magenta",
  stopped: "dim",
  failed: "red",
  quarantined: "red",
  evidence: "red",
} as const;

export const phase = (paint: Paint, name: keyof typeof PHASES, text: string = name): string => paint[PHASES[name]](text);

const OUTCOMES = {
  succeeded: "green",
  "rolled-back": "red",
  failed: "red",
  superseded: "yellow",
  aborted: "yellow",
  running: "cyan",
  paused: "yellow",
  unchanged: "dim",
} as const;

export const outcome = (paint: Paint, name: keyof typeof OUTCOMES): string => paint[OUTCOMES[name]](name);
