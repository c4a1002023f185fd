import type { ServiceKey } from "./control.ts";

/** `stack/service`, as people write it and as maps are keyed by it. */
export const serviceName = ({ stack, service }: ServiceKey): string => `${stack}/${service}`;
