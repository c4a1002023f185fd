import type { DeploymentView, ServiceKey } from "./control.ts";

/** What can be asked of services whose revisions stand side by side. */
export interface SideControl {
  /** Everything goes to the new revision, as soon as it has all its instances. Raises INS2005, INS2007, INS2058. */
  promote(deployment: string, who: string): Promise<DeploymentView>;
  /**
   * Revision → whole percent; 100 together, until another revision is deployed. One revision at 100 ends it.
   * Raises INS1042, INS1043, INS2004, INS2059, INS2060.
   */
  split(
    service: ServiceKey,
    shares: readonly { readonly revision: number; readonly percent: number }[],
    who: string,
  ): Promise<DeploymentView>;
}
