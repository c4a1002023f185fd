import { InstarError } from "../errors.ts";
import { canonicalName, parseReference, type Reference } from "../lib/reference.ts";
import { admitsTag, chooseTag } from "../lib/tag-choice.ts";
import type { Verdict } from "../plan/autoredeploy.ts";
import { lookAgain, type Told } from "../plan/notice.ts";
import type { AutoredeploySpec } from "../spec/types.ts";
import type { Deps } from "./actions.ts";
import type { AutoredeployControl, PushedImage, Reaction, WatchView } from "./autoredeploy-control.ts";
import type { FollowRow } from "./autoredeploy-store.ts";
import { bringIn, judge, watchable } from "./bring-in.ts";
import type { ServiceKey } from "./control.ts";
import type { Instant } from "./ports.ts";
import type { Registries, Urgency } from "./registry-port.ts";

export interface WatchParts extends Deps {
  readonly registries: Registries;
  /** Something was written that people who watch should see. */
  readonly moved: (key: ServiceKey) => void;
  readonly report: (message: string, error: unknown) => void;
}

interface Entry {
  readonly key: ServiceKey;
  readonly name: string;
  policy: AutoredeploySpec;
  /** What the wanted revision is made from; null: nothing a registry could have. */
  reference: Reference | null;
  /** Of the image that is wanted now. */
  digests: readonly string[];
  /** As it is in the store: a look that finds nothing new reads nothing there. */
  row: FollowRow | null;
  nextAt: Instant;
  lookedAt: Instant | null;
  verdict: Verdict | null;
  /** Looks that failed, since one did not. */
  failures: number;
  /** What its tag meant in the registry at the last look. */
  head: string | null;
  told: Told | null;
  running: Promise<Reaction> | null;
  next: { readonly result: Promise<Reaction>; how: How } | null;
}

/** `see`: ask the registry; without, only decide again on what was seen. */
interface How {
  readonly see: boolean;
  readonly from: string;
  readonly urgency: Urgency;
}

const POLL: How = { see: true, from: "polling", urgency: "patient" };
const AGAIN: How = { see: false, from: "", urgency: "patient" };
/** A wall clock that is set must not keep a look away for longer than this; ms. */
const LONGEST_SLEEP_MS = 30_000;
/** Many services are looked at in groups: waking up costs more than looking. */
const MANY = 20;
const GRID_MS = 500;
/** A look that failed is made again after 1 s, 2 s, 4 s, … up to this, or after `every` if that is sooner; ms. */
const LONGEST_RETRY_MS = 60_000;

/**
 * Services that follow a registry. A timer, a notice and the end of a deployment are each only a reason to look; what the
 * registry has decides, by a pure function (plan/autoredeploy.ts). One look at a time for each service.
 */
export class Autoredeploy implements AutoredeployControl {
  readonly #parts: WatchParts;
  readonly #entries = new Map<string, Entry>();
  readonly #inFlight = new Set<Promise<unknown>>();
  #platform: Promise<string> | null = null;
  #cancel: (() => void) | null = null;
  #closed = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  async open(): Promise<void> {
    await this.changed(await this.#parts.store.services());
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await Promise.allSettled(this.#inFlight);
  }

  /** Rows of these services changed: what is followed may be another, and what waits may go on. */
  async changed(keys: readonly ServiceKey[]): Promise<void> {
    for (const key of keys) await this.#refresh(key);
    this.#sleep();
  }

  async #refresh({ stack, service }: ServiceKey): Promise<void> {
    const key = { stack, service };
    const name = `${stack}/${service}`;
    const row = await this.#parts.store.service(key);
    const revision = row === null || row.removed ? null : await this.#parts.store.revision(key, row.target);
    const policy = revision?.spec.autoredeploy;
    if (revision === null || policy === undefined) {
      this.#entries.delete(name);
      return;
    }
    const reference = watchable(revision);
    const before = this.#entries.get(name);
    if (before === undefined) {
      const row = await this.#parts.store.followed(key);
      // Somebody else's change was quicker.
      if (this.#entries.has(name)) return;
      const fresh = { row, lookedAt: null, verdict: null, failures: 0, head: null, told: null };
      const idle = { running: null, next: null, nextAt: this.#parts.clock.now() };
      this.#entries.set(name, { key, name, policy, reference, digests: revision.image.digests, ...fresh, ...idle });
      return;
    }
    before.policy = policy;
    before.reference = reference;
    before.digests = revision.image.digests;
    before.nextAt = Math.min(before.nextAt, this.#parts.clock.now() + policy.everyMs);
    this.#track(this.#ask(before, AGAIN));
  }

  /** Until the next look is due. */
  #sleep(): void {
    this.#cancel?.();
    this.#cancel = null;
    if (this.#closed || this.#entries.size === 0) return;
    const now = this.#parts.clock.now();
    // Somebody may have set the clock back: nobody waits longer than from one look to the next.
    for (const entry of this.#entries.values()) entry.nextAt = Math.min(entry.nextAt, now + entry.policy.everyMs);
    let soonest = now + LONGEST_SLEEP_MS;
    for (const { nextAt, running } of this.#entries.values()) if (running === null) soonest = Math.min(soonest, nextAt);
    const grid = this.#entries.size > MANY ? GRID_MS : 1;
    const at = Math.ceil(Math.max(now, soonest) / grid) * grid;
    this.#cancel = this.#parts.clock.after(at - now, () => this.#wake());
  }

  #wake(): void {
    const now = this.#parts.clock.now();
    const due = [...this.#entries.values()].filter(({ nextAt, running }) => running === null && nextAt <= now);
    // Whoever has waited longest is asked for first; the pace of its registry keeps the order.
    for (const entry of due.sort((a, b) => a.nextAt - b.nextAt))
      this.#track(this.#ask(entry, entry.told === null ? POLL : noticeOf(entry.told)));
    this.#sleep();
  }

  #ask(entry: Entry, how: How): Promise<Reaction> {
    if (entry.running === null) {
      entry.running = this.#run(entry, how).finally(() => {
        entry.running = null;
        this.#sleep();
      });
      return entry.running;
    }
    if (entry.next === null) {
      const next = { how, result: entry.running.then(() => this.#following(entry)) };
      entry.next = next;
      return next.result;
    }
    if (how.see && !entry.next.how.see) entry.next.how = how;
    return entry.next.result;
  }

  #following(entry: Entry): Promise<Reaction> {
    const how = entry.next?.how ?? AGAIN;
    entry.next = null;
    return this.#ask(entry, how);
  }

  /** Never rejects: what fails is trouble, told once, and the next look comes by itself. */
  async #run(entry: Entry, how: How): Promise<Reaction> {
    const { clock } = this.#parts;
    const begun = clock.now();
    const answer = (deployment: string | null, reason: string): Reaction => ({ service: entry.name, deployment, reason });
    if (this.#closed) return answer(null, "the daemon ends");
    try {
      if (how.see) await this.#see(entry, how);
      // What was seen while something was watched comes in no more.
      if (entry.reference === null && entry.row?.sighting != null) await this.#write(entry, { sighting: null });
      const sighting = entry.row?.sighting ?? null;
      const { verdict, deployment } = sighting === null ? { verdict: UP_TO_DATE, deployment: null } : await this.#act(entry, sighting);
      entry.verdict = verdict;
      // Deciding again on what was seen before says nothing about the registry.
      if (how.see) {
        entry.failures = 0;
        await this.#well(entry);
      }
      const next = how.see ? Math.min(begun + entry.policy.everyMs, this.#notBorneOut(entry)) : entry.nextAt;
      entry.nextAt = Math.min(next, verdict.wakeAt ?? Number.POSITIVE_INFINITY);
      return answer(deployment, verdict.because);
    } catch (error) {
      if (!(error instanceof InstarError)) this.#parts.report(`autoredeploy of ${entry.name}`, error);
      const message = error instanceof InstarError ? `${error.code} ${error.message}` : String(error);
      await this.#trouble(entry, message).catch((cause: unknown) => this.#parts.report(`autoredeploy of ${entry.name}`, cause));
      // 1 s after the first: a registry that is restarted, or in the midst of a push, has the answer a moment later.
      entry.nextAt = clock.now() + Math.min(entry.policy.everyMs, 1000 * 2 ** entry.failures, LONGEST_RETRY_MS);
      entry.failures++;
      return answer(null, message);
    }
  }

  /** When to look again for what a notice told of. */
  #notBorneOut(entry: Entry): Instant {
    const wait = lookAgain(entry.told, entry.head, entry.digests);
    entry.told = wait?.told ?? null;
    return wait === null ? Number.POSITIVE_INFINITY : this.#parts.clock.now() + wait.ms;
  }

  /** What the registry has is written down where it is news. */
  async #see(entry: Entry, how: How): Promise<void> {
    const { clock, registries } = this.#parts;
    const { reference, policy } = entry;
    if (reference === null || reference.tag === null) return;
    const tags = policy.tags.kind === "same-tag" ? [] : await registries.tags(reference, how.urgency);
    const tag = chooseTag(policy.tags, tags, reference.tag);
    const repository = canonicalName(reference);
    if (tag === null) throw new InstarError("INS3004", `no tag of ${repository} fits ${ruleText(policy)}`);
    const head = await registries.head(reference, tag, how.urgency);
    entry.lookedAt = clock.now();
    entry.head = head?.digest ?? null;
    if (head === null) throw new InstarError("INS3004", `the registry has no ${repository}:${tag}`);
    const known = entry.row?.sighting ?? null;
    if (entry.digests.includes(head.digest) && tag === reference.tag) {
      if (known !== null) await this.#write(entry, { sighting: null });
      return;
    }
    if (known?.digest === head.digest && known.tag === tag && known.repository === repository) return;
    this.#platform ??= this.#parts.engine.ping().then(({ platform }) => platform);
    const platform = await this.#platform.catch((cause: unknown) => {
      this.#platform = null;
      throw cause;
    });
    const image = await registries.platformImage(reference, head, platform, how.urgency);
    if (image === null) throw new InstarError("INS3004", `${repository}:${tag} is gone again, or has no image for ${platform}`);
    const sighting = { repository, tag, digest: head.digest, digests: image.digests, seenAt: clock.now(), from: how.from };
    await this.#write(
      entry,
      { sighting },
      { kind: "autoredeploy.seen", message: `${repository}:${tag} is ${head.digest} now (${how.from})` },
    );
  }

  /** The row as it is now with these changes, and what people are told of it. */
  async #write(entry: Entry, change: Partial<FollowRow>, event?: { readonly kind: string; readonly message: string }): Promise<void> {
    const { store, clock, moved } = this.#parts;
    const { key } = entry;
    entry.row = await store.write(async (within) => {
      const before = await within.followed(key);
      const row: FollowRow = { ...{ sighting: null, approved: null, began: null, trouble: null }, ...before, ...change, ...key };
      await within.putFollow(row);
      if (event !== undefined) await within.addEvent(clock.now(), { ...event, ...key });
      return row;
    });
    if (event !== undefined) moved(key);
  }

  async #act(entry: Entry, sighting: NonNullable<FollowRow["sighting"]>): Promise<{ verdict: Verdict; deployment: string | null }> {
    const { store, clock, moved } = this.#parts;
    const { verdict, deployment } = await judge(this.#parts, store, entry.key, entry.row, sighting);
    if (verdict.act === "deploy") {
      const brought = await bringIn(this.#parts, entry.key, sighting);
      entry.row = await store.followed(entry.key);
      return brought;
    }
    // What a person has to do something about is told once for each image.
    if (verdict.state !== entry.verdict?.state && ["waiting-for-approval", "failed-before"].includes(verdict.state)) {
      const message = `${sighting.repository}:${sighting.tag} (${sighting.digest}) waits: ${verdict.because}`;
      await store.addEvent(clock.now(), { kind: `autoredeploy.${verdict.state}`, ...entry.key, message });
      moved(entry.key);
    }
    return { verdict, deployment };
  }

  async #trouble(entry: Entry, message: string): Promise<void> {
    if ((entry.row?.trouble ?? null) !== null) return;
    const trouble = { since: this.#parts.clock.now(), message };
    await this.#write(entry, { trouble }, { kind: "autoredeploy.trouble", message: `nothing is changed: ${message}` });
  }

  async #well(entry: Entry): Promise<void> {
    const told = entry.row?.trouble ?? null;
    if (told === null) return;
    const seconds = Math.round((this.#parts.clock.now() - told.since) / 1000);
    await this.#write(entry, { trouble: null }, { kind: "autoredeploy.recovered", message: `after ${seconds} s: ${told.message}` });
  }

  #track(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.#inFlight.delete(tracked));
    this.#inFlight.add(tracked);
  }

  noticed: AutoredeployControl["noticed"] = async (image, from) => {
    const { store } = this.#parts;
    const reactions: Promise<Reaction>[] = [];
    for (const row of await store.services()) {
      if (row.removed) continue;
      const revision = await store.revision(row, row.target);
      const reference = revision === null ? null : parseReference(revision.image.reference);
      if (reference === null || reference.domain !== hubAsDocker(image.registry) || reference.path !== image.repository) continue;
      const name = `${row.stack}/${row.service}`;
      const entry = this.#entries.get(name);
      const not = entry === undefined ? "autoredeploy is not declared" : whyNot(entry, image);
      if (not !== null) reactions.push(Promise.resolve({ service: name, deployment: null, reason: not }));
      else if (entry !== undefined) {
        // The last one counts: what an earlier one told of may have been pushed over.
        entry.told = { from, digest: image.digest, looks: 0 };
        const reaction = this.#ask(entry, noticeOf(entry.told));
        this.#track(reaction);
        reactions.push(reaction);
      }
    }
    return Promise.all(reactions);
  };

  watched: AutoredeployControl["watched"] = async (stack) =>
    [...this.#entries.values()].filter((entry) => stack === undefined || entry.key.stack === stack).map((entry) => this.#view(entry));

  #view(entry: Entry): WatchView {
    const { key, row, reference, policy, verdict, lookedAt, nextAt } = entry;
    const watches =
      reference === null ? "" : `${canonicalName(reference)}:${policy.tags.kind === "same-tag" ? reference.tag : ruleText(policy)}`;
    const sighting = row?.sighting ?? null;
    const base = {
      ...{ ...key, watches, everyMs: policy.everyMs, lookedAt, nextLookAt: nextAt },
      candidate: sighting === null ? null : { tag: sighting.tag, digest: sighting.digest, seenAt: sighting.seenAt, from: sighting.from },
    };
    if (reference === null) return { ...base, state: "nothing-to-watch", reason: "its image has no tag in a registry" };
    if (row?.trouble != null) return { ...base, state: "trouble", reason: row.trouble.message };
    if (verdict === null) return { ...base, state: "not-looked-yet", reason: "" };
    return { ...base, state: verdict.state, reason: verdict.because };
  }

  approve: AutoredeployControl["approve"] = async (key, who) => {
    const entry = this.#entries.get(`${key.stack}/${key.service}`);
    const sighting = entry?.row?.sighting ?? null;
    // What is wanted already needs nobody to let it in.
    if (entry === undefined || !entry.policy.approve || sighting === null || sighting.digests.some((one) => entry.digests.includes(one)))
      throw new InstarError("INS2042", `no image waits to be let in for ${key.stack}/${key.service}`);
    await this.#write(
      entry,
      { approved: { digest: sighting.digest, by: who } },
      { kind: "autoredeploy.approved", message: `${who} lets ${sighting.repository}:${sighting.tag} (${sighting.digest}) in` },
    );
    const reaction = this.#ask(entry, AGAIN);
    this.#track(reaction);
    return reaction;
  };
}

const UP_TO_DATE: Verdict = { act: "nothing", state: "up-to-date", because: "the registry has what is wanted here", wakeAt: null };

const noticeOf = ({ from }: Told): How => ({ see: true, from, urgency: "now" });

function whyNot({ reference, policy }: Entry, { tag }: PushedImage): string | null {
  if (reference === null || reference.tag === null) return "its image has no tag in a registry";
  if (tag === null || admitsTag(policy.tags, tag, reference.tag)) return null;
  return `${tag} is not what it follows: ${policy.tags.kind === "same-tag" ? reference.tag : ruleText(policy)}`;
}

const ruleText = ({ tags }: AutoredeploySpec): string =>
  tags.kind === "same-tag" ? tags.kind : tags.kind === "semver" ? tags.range : tags.kind === "regex" ? `/${tags.pattern}/` : tags.pattern;

const hubAsDocker = (registry: string): string =>
  ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"].includes(registry) ? "docker.io" : registry;
