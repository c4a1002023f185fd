/**
 * Process 1 of a router's container: starts HAProxy, and starts it again at once when it ended by itself. The engine takes 300 to
 * 600 ms for that on an idle machine and over two seconds on a full one (it ends the container, unmounts it, waits for 100 ms and
 * creates it again); this takes 50 ms.
 *
 * - A signal that the engine sends is meant for HAProxy's master, and what ends after it has ended for good.
 * - What lived for less than two seconds ends the container: a configuration that does not load, or a port that is taken, is then
 *   seen as a container that failed, and the engine's growing pauses keep a crash from becoming a busy loop.
 * - A master that was killed leaves its workers behind; they end by themselves, since their socket to it has closed.
 *
 * Time is the machine's uptime in seconds: it does not jump when a clock is set.
 */
const SCRIPT = `
told=
tell() { told=$1; kill -s "$told" "$master" 2>/dev/null; }
trap 'tell TERM' TERM
trap 'tell USR1' USR1
while :; do
  read -r began _ </proc/uptime
  "$@" &
  master=$!
  [ -z "$told" ] || kill -s "$told" "$master"
  until wait "$master"; code=$?; ! kill -0 "$master" 2>/dev/null; do :; done
  [ -z "$told" ] || exit "$code"
  read -r now _ </proc/uptime
  [ $((\${now%.*} - \${began%.*})) -ge 2 ] || exit "$code"
  echo "HAProxy ended by itself with code $code and is started again" >&2
done
`;

/** The command of a router's container, for HAProxy's own arguments. */
export function supervised(args: readonly string[]): string[] {
  return ["sh", "-c", SCRIPT, "supervisor", "haproxy", ...args];
}
