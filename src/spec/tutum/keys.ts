import {
  translateAutodestroy,
  translateAutoredeploy,
  translateImage,
  translateNet,
  translateSequence,
  translateStrategy,
} from "./behaviour.ts";
import type { Draft } from "./draft.ts";
import { translateEnvironment, translateLabels } from "./environment.ts";
import { translateLinks } from "./links.ts";
import { wordOf } from "./old-service.ts";
import { translatePorts } from "./ports.ts";
import type { Surroundings } from "./surroundings.ts";
import type { OldKey, OldService } from "./types.ts";
import { aFlag, aScalar, aText, aTextOrTexts, aWhole, aWord, type Form, lines, somePairs, texts } from "./values.ts";
import { translateVolumes, translateVolumesFrom } from "./volumes.ts";

/** Writes what a key means into the draft, with a note where that is not exactly the same. */
export type Translate = (key: OldKey, service: OldService, draft: Draft, around: Surroundings) => void;

interface KeyRow {
  /** The form its value must have. */
  readonly form: Form;
  readonly translate: Translate;
}

/** It means the same under the same name. */
const same = (form: Form): KeyRow => ({
  form,
  translate(key, { name }, draft) {
    draft.set(name, key.key, key.value);
    if (key.written !== key.key) draft.note(key, name, key.written, key.key, "it is the older name of the same");
  },
});

const leftOut = (form: Form, note: string): KeyRow => ({
  form,
  translate: (key, { name }, draft) => draft.note(key, name, key.written, null, note),
});

const by = (form: Form, translate: Translate): KeyRow => ({ form, translate });

const ALIAS = { off: "no", false: "no", on_failure: "on-failure", on_success: "on-success" };
const MAX_REPLICAS = 10_000;

/** Every key that a stackfile had (Docker Cloud, "Stack file YAML reference"), and what becomes of it. A test compares the list. */
export const TUTUM_KEYS: Readonly<Record<string, KeyRow>> = {
  image: by(aText, translateImage),
  command: same(aTextOrTexts),
  entrypoint: same(aTextOrTexts),
  environment: by(somePairs, translateEnvironment),
  labels: by(somePairs, translateLabels),
  links: by(texts, translateLinks),
  ports: by(texts, translatePorts),
  expose: same(texts),
  volumes: by(texts, translateVolumes),
  volumes_from: by(texts, translateVolumesFrom),

  target_num_containers: by(aWhole(0, MAX_REPLICAS), (key, service, draft) => {
    const { name } = service;
    if (wordOf(service, "deployment_strategy") === "every_node")
      return draft.note(key, name, key.written, null, "under every_node the nodes were counted, and there is one machine");
    draft.set(name, "deploy.replicas", key.value);
    draft.note(key, name, key.written, "deploy.replicas", "it means the same");
  }),
  deployment_strategy: by(aWord(["emptiest_node", "high_availability", "every_node"]), translateStrategy),
  tags: leftOut(aTextOrTexts, "they chose nodes, and there is one machine"),
  sequential_deployment: by(aFlag, translateSequence),
  restart: same(aWord(["no", "on-failure", "always"], ALIAS)),
  autodestroy: by(aWord(["no", "on-success", "always"], { ...ALIAS, "on-failure": "always", on_failure: "always" }), translateAutodestroy),
  autoredeploy: by(aFlag, translateAutoredeploy),
  roles: leftOut(
    aTextOrTexts,
    "no token is put into instances: a program that drives Instar gets INSTAR_URL and INSTAR_TOKEN in its environment",
  ),

  privileged: same(aFlag),
  net: by(aWord(["bridge", "host"]), translateNet),
  pid: by(aWord(["none", "host"]), (key, { name }, draft) => {
    if (key.value.kind === "scalar" && key.value.text !== "none") draft.set(name, "pid", key.value);
    else draft.note(key, name, key.written, null, "processes of one's own are what instances have without it");
  }),
  dns: same(aTextOrTexts),
  dns_search: same(aTextOrTexts),
  cap_add: same(texts),
  cap_drop: same(texts),
  devices: same(texts),
  extra_hosts: same(lines),
  security_opt: same(texts),
  cgroup_parent: same(aText),
  working_dir: same(aText),
  user: same(aText),
  hostname: same(aText),
  domainname: same(aText),
  mac_address: leftOut(aText, "old and new instances stand side by side and cannot share one address"),
  cpu_shares: same(aWhole(0, 262_144)),
  cpuset: same(aText),
  mem_limit: same(aScalar),
  memswap_limit: same(aScalar),
  read_only: same(aFlag),
  stdin_open: same(aFlag),
  tty: same(aFlag),
};

/** What a key was called before Tutum 0.15. */
export const OLDER_NAMES: Readonly<Record<string, string>> = { autorestart: "restart" };
