/**
 * `INSTAR_FAULT=3`: the process kills itself right after the third step was performed and recorded;
 * `before:3`: right before it is performed. For crash tests; without the variable nothing is counted.
 */
export function faultFrom(setting: string | undefined): (when: "before" | "after") => void {
  const match = /^(?:(before|after):)?(\d+)$/.exec(setting ?? "");
  if (match === null) return () => undefined;
  const wanted = match[1] ?? "after";
  const number = Number(match[2]);
  let count = 0;
  return (when) => {
    if (when === wanted && ++count === number) process.kill(process.pid, "SIGKILL");
  };
}
