import type { Verb } from "./cli.ts";

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Verb>;
}

/** Every verb; its module is loaded only when it is the one called. */
export const VERBS: Readonly<Record<string, Entry>> = {
  up: { summary: "make the system equal to the stack file", load: async () => (await import("./verbs/up.ts")).up },
  plan: { summary: "show what up would do; exit 2 when there are changes", load: async () => (await import("./verbs/plan.ts")).plan },
  deploy: { summary: "a new revision with this image", load: async () => (await import("./verbs/deploy.ts")).deploy },
  redeploy: {
    summary: "resolve the tag again and replace every instance",
    load: async () => (await import("./verbs/redeploy.ts")).redeploy,
  },
  recycle: { summary: "fresh instances of the same revision", load: async () => (await import("./verbs/recycle.ts")).recycle },
  rollback: { summary: "back to an earlier revision, whole, and pin it", load: async () => (await import("./verbs/rollback.ts")).rollback },
  scale: { summary: "set how many instances a service has", load: async () => (await import("./verbs/scale.ts")).scale },
  stop: { summary: "stop a service's instances", load: async () => (await import("./verbs/stop.ts")).stop },
  start: { summary: "start a stopped service", load: async () => (await import("./verbs/start.ts")).start },
  down: { summary: "remove a stack; its volumes stay unless --volumes", load: async () => (await import("./verbs/down.ts")).down },
  ps: { summary: "list instances", load: async () => (await import("./verbs/ps.ts")).ps },
  services: { summary: "list services", load: async () => (await import("./verbs/services.ts")).services },
  stacks: { summary: "list stacks", load: async () => (await import("./verbs/stacks.ts")).stacks },
  history: { summary: "a service's deployments and revisions", load: async () => (await import("./verbs/history.ts")).history },
  diff: { summary: "what differs between two revisions", load: async () => (await import("./verbs/diff.ts")).diff },
  events: { summary: "what happened", load: async () => (await import("./verbs/events.ts")).events },
  logs: { summary: "the output of a service's instances", load: async () => (await import("./verbs/logs.ts")).logs },
  drift: { summary: "what changed in instances without being declared", load: async () => (await import("./verbs/drift.ts")).drift },
  heal: { summary: "replace what drifted; --keep quarantines it", load: async () => (await import("./verbs/heal.ts")).heal },
  pause: { summary: "hold a deployment where it is", load: async () => (await import("./verbs/pause.ts")).pause },
  resume: { summary: "let a paused deployment go on", load: async () => (await import("./verbs/resume.ts")).resume },
  promote: { summary: "switch a waiting deployment to its new revision", load: async () => (await import("./verbs/promote.ts")).promote },
  split: { summary: "serve revisions by weight until told otherwise", load: async () => (await import("./verbs/split.ts")).split },
  abort: { summary: "end a deployment and go back", load: async () => (await import("./verbs/abort.ts")).abort },
  unpin: { summary: "end the pin that a rollback set", load: async () => (await import("./verbs/unpin.ts")).unpin },
  approve: { summary: "let a waiting image in", load: async () => (await import("./verbs/approve.ts")).approve },
  watch: { summary: "what each service follows, and what it waits for", load: async () => (await import("./verbs/watch.ts")).watch },
  build: { summary: "build the images of a stack file, and push them", load: async () => (await import("./verbs/build.ts")).build },
  images: { summary: "which revisions' images can still be had", load: async () => (await import("./verbs/images.ts")).images },
  prune: { summary: "let go of images that no revision needs", load: async () => (await import("./verbs/prune.ts")).prune },
  adopt: { summary: "take over a running Compose project, its data included", load: async () => (await import("./verbs/adopt.ts")).adopt },
  volumes: { summary: "list volumes: size, users, last snapshot", load: async () => (await import("./verbs/volumes.ts")).volumes },
  volume: { summary: "delete a volume", load: async () => (await import("./verbs/volume.ts")).volume },
  snapshot: { summary: "take, list, restore and move volumes' contents", load: async () => (await import("./verbs/snapshot.ts")).snapshot },
  exec: {
    summary: "the emergency door: a command in an instance, recorded with its reason; it taints",
    load: async () => (await import("./verbs/exec.ts")).exec,
  },
  verify: { summary: "prove that what runs is what was made", load: async () => (await import("./verbs/verify.ts")).verify },
  audit: { summary: "check that no event was changed or removed", load: async () => (await import("./verbs/audit.ts")).audit },
  trigger: {
    summary: "addresses that redeploy or scale a service when called",
    load: async () => (await import("./verbs/trigger.ts")).trigger,
  },
  secret: {
    summary: "keep contents of external secrets and configs with the daemon",
    load: async () => (await import("./verbs/secret.ts")).secret,
  },
  token: {
    summary: "tokens for others: what each may do, to which services",
    load: async () => (await import("./verbs/token.ts")).token,
  },
  config: { summary: "print the stack file as resolved", load: async () => (await import("./verbs/config.ts")).config },
  import: {
    summary: "an old stackfile (tutum.yml, docker-cloud.yml) as a stack file",
    load: async () => (await import("./verbs/import.ts")).importVerb,
  },
  doctor: { summary: "check the daemon, the engine and the router", load: async () => (await import("./verbs/doctor.ts")).doctor },
  backup: { summary: "copy Instar's own data into one file", load: async () => (await import("./verbs/backup.ts")).backup },
  restore: { summary: "put a backup in place of a lost home", load: async () => (await import("./verbs/restore.ts")).restore },
  completion: {
    summary: "a script for your shell to complete verbs and options",
    load: async () => (await import("./verbs/completion.ts")).completion(VERBS),
  },
  init: {
    summary: "install the daemon as a service that starts with the machine",
    load: async () => (await import("./verbs/init.ts")).init,
  },
  server: { summary: "run the daemon in the foreground", load: async () => (await import("./verbs/server.ts")).server },
};
