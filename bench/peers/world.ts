import type Docker from "dockerode";
import { imageId, rude, type Variant } from "../../test/apps/images.ts";
import { until } from "../../test/e2e/until.ts";
import { LABEL } from "../floor.ts";

const VERSIONS = ["v1", "v2", "v3"] as const satisfies readonly Variant[];
const WAIT_MS = 300_000;

/** The application's containers as the engine lists them, whoever made them; the floor's are left out. */
export class World {
  private readonly docker: Docker;
  private readonly images: ReadonlyMap<string, Variant>;

  private constructor(docker: Docker, images: ReadonlyMap<string, Variant>) {
    this.docker = docker;
    this.images = images;
  }

  static async of(docker: Docker): Promise<World> {
    const images = new Map<string, Variant>();
    for (const variant of VERSIONS) images.set((await imageId(docker, rude(variant))) ?? "", variant);
    return new World(docker, images);
  }

  async running(): Promise<readonly { readonly id: string; readonly variant: Variant; readonly ready: boolean }[]> {
    const all = await this.docker.listContainers();
    return all.flatMap(({ Id, ImageID, Labels, Status }) => {
      const variant = this.images.get(ImageID);
      if (variant === undefined || LABEL in Labels) return [];
      return [{ id: Id, variant, ready: !/\((health: starting|unhealthy)\)/.test(Status) }];
    });
  }

  /** Until none of `old` runs and so many others of this version do; where they have a health check, healthy. */
  async untilReplaced(old: ReadonlySet<string>, variant: Variant, replicas: number): Promise<void> {
    await until(
      `${replicas} fresh instances of ${variant} alone`,
      async () => {
        const now = await this.running();
        return now.length === replicas && now.every((one) => !old.has(one.id) && one.variant === variant && one.ready);
      },
      WAIT_MS,
    );
  }
}
