/**
 * Where a crash test ends the process. `INSTAR_FAULT=3`: it kills itself right after the third step was performed and recorded;
 * `before:3`: right before it is performed; `before:route:2`: before the second step of that kind. With `halt:` in front it stops
 * there instead (SIGSTOP), until somebody continues or kills it. Without the variable nothing is counted.
 */
export function faultFrom(
  setting: string | undefined,
  signal: (signal: "SIGKILL" | "SIGSTOP") => void = (name) => process.kill(process.pid, name),
): (when: "before" | "after", what: string) => void {
  const match = /^(halt:)?(?:(before|after):)?(?:(\d+)|([a-z-]+)(?::(\d+))?)$/.exec(setting ?? "");
  if (match === null) return () => undefined;
  const [, halt, wanted = "after", nth, kind, nthOfKind = "1"] = match;
  const number = Number(nth ?? nthOfKind);
  let count = 0;
  return (when, what) => {
    if (when === wanted && (kind === undefined || kind === what) && ++count === number) signal(halt === undefined ? "SIGKILL" : "SIGSTOP");
  };
}
