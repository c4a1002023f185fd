import { rude, type Variant } from "../apps/images.ts";

export interface RudeService {
  readonly port: number;
  readonly image?: Variant | (string & {});
  readonly replicas?: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly parallelism?: number;
  readonly drain?: string;
  readonly readyTimeout?: string;
  readonly more?: object;
}

/** The rude application published on `port`, proven by /healthz. Written as a user would write it. */
export function rudeService(of: RudeService): object {
  const image = of.image ?? "v1";
  return {
    image: image.includes("/") ? image : rude(image as Variant),
    ports: [`${of.port}:8080`],
    ...(of.environment === undefined ? {} : { environment: of.environment }),
    deploy: { replicas: of.replicas ?? 3, ...(of.parallelism === undefined ? {} : { update_config: { parallelism: of.parallelism } }) },
    "x-instar": { ready: { http: "/healthz", timeout: of.readyTimeout ?? "30s" }, drain: of.drain ?? "3s" },
    ...of.more,
  };
}

/** A stack of one rude service called web. */
export const rudeStack = (of: RudeService): object => ({ services: { web: rudeService(of) } });
