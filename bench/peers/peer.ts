import type { Variant } from "../../test/apps/images.ts";

export type PeerName = "instar" | "swarm" | "compose" | "docker";

/** The application as each of them runs it: port 8080 behind a port of loopback. */
export interface Service {
  readonly replicas: number;
  /** It writes to a volume at /data: the next one may only start when the one before has stopped. */
  readonly stateful: boolean;
  /** On SIGTERM it answers what is under way before it exits; a rude one exits at once. */
  readonly polite: boolean;
}

/** One way to bring a new version into service, as its own users do it: by its command line. */
export interface Peer {
  readonly name: PeerName;
  readonly title: string;
  /** Its settings and where they come from, in words for the page. */
  readonly recipe: string;
  /** What runs, with versions. */
  readonly versions: readonly string[];
  /** Processes of its own beside the engine and its containers, whose memory counts. */
  readonly pids: readonly number[];
  /** Serves v1 on the URL it returns, all replicas in rotation. */
  up(service: Service): Promise<string>;
  /** Returns with its command; whether everything is there is looked at from outside. */
  deploy(variant: Variant): Promise<void>;
  /** Fresh instances of what serves. */
  redeploy(): Promise<void>;
  /** Back to what served before the last deploy. */
  rollback(): Promise<void>;
  /** Until it takes the next command; not part of the time. */
  settled(): Promise<void>;
  down(): Promise<void>;
  /** Removes whatever it made on the engine. */
  close(): Promise<void>;
}

/** The environment of the application. */
export const environmentOf = (service: Service): Readonly<Record<string, string>> => (service.polite ? { POLITE: "1" } : {});

/** The block of the networks that the peers' commands make: within what script/lab lets through. */
export const SUBNET = process.env.INSTAR_PEERS_SUBNET ?? "10.220.77.0/24";
