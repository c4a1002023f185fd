import type { Blueprint, Engine } from "../../src/reconcile/ports.ts";
import type { Behaviour, FakeContainer } from "./fake-container.ts";
import type { FakeExecution } from "./fake-execution.ts";
import type { FakeForensics } from "./fake-forensics.ts";
import type { FakeImages } from "./fake-images.ts";
import type { FakeNetworks } from "./fake-networks.ts";
import type { FakeProjects } from "./fake-projects.ts";
import type { FakeVolumes } from "./fake-volumes.ts";
export type CallName = keyof Engine;

/** What the world does to the engine, behind the port. */
export interface FakeControl {
  readonly images: FakeImages;
  readonly networks: FakeNetworks;
  readonly forensics: FakeForensics;
  readonly projects: FakeProjects;
  readonly volumes: FakeVolumes;
  readonly execution: FakeExecution;
  /** Every call, oldest first. */
  readonly calls: { readonly at: number; readonly call: CallName; readonly name: string }[];
  /** For instances of this image reference, those there are included. The rest is as STEADY. */
  behave(imageReference: string, behaviour: Partial<Behaviour>): void;
  container(name: string): FakeContainer;
  /** All of this installation, by name. */
  containers(): readonly FakeContainer[];
  /** Ends it as kill -9 would, unless another exit code is given. */
  crash(name: string, exitCode?: number): void;
  setHealth(name: string, health: "healthy" | "unhealthy"): void;
  /** null: it answers probes; text: what is seen instead; undefined: as it behaves. */
  setReady(name: string, seen: string | null | undefined): void;
  /** Who runs at this address; null: nobody. */
  at(address: string): FakeContainer | null;
  /** What a probe of this address sees now; null is ready. */
  probe(address: string): string | null;
  /** Events that were told and that nobody has read yet. */
  unread(): number;
  /** When the first event was lost that its readers have not been told of; null: none is. */
  lostSince(): number | null;
  /** From now on events are lost; back on, every reader is told since when, and to look. */
  loseEvents(lost: boolean): void;
  /** The next calls of this name raise this error. */
  failNext(call: CallName, error: Error, times?: number): void;
  /** None of the failures asked for happens any more. */
  forgetFailures(): void;
  /** While it is down every call raises INS3001 and nothing is told; streams are cut. */
  setDown(down: boolean): void;
  /** Engine and host come back: everything ended at once, and what its policy says runs again. `cold`: the engine alone, by a kill -9. */
  reboot(cold?: boolean): void;
  /** Someone else's running container. */
  addForeign(name: string): void;
  hasContainer(name: string): boolean;
  /** Another process listens there. */
  takePort(port: number): void;
  /** As a builder leaves it that dies before the second network. */
  leaveHalfBuilt(blueprint: Blueprint): string;
  /** Somebody does this to an instance through the engine: the action as dockerd words it, `exec_create: sh`. */
  touch(name: string, action: string, labels?: Readonly<Record<string, string>>): void;
  /** Removes a container behind our back. */
  vanish(name: string): void;
  readonly installation: string;
  /** What each container says it was made from, as its label would. */
  origins(): ReadonlyMap<string, string>;
  /** How long each call takes; 0 without. */
  callMs: number;
}
