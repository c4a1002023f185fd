import type { Cli } from "./cli.ts";
import type { View } from "./follow.ts";

/** One line for every step as it is recorded, for logs and pipes. */
export function plainView(cli: Cli): View {
  const shown = new Map<string, number>();
  let away = false;
  return {
    update(deployments) {
      away = false;
      for (const deployment of deployments) {
        const from = shown.get(deployment.id) ?? 0;
        for (const step of deployment.steps.slice(from)) {
          cli.print(`${deployment.stack}/${deployment.service}  ${step.do}${naming(step.do, step.instance)}: ${step.because}`);
        }
        shown.set(deployment.id, deployment.steps.length);
      }
    },
    away() {
      if (!away) cli.remark("the daemon does not answer; the deployment goes on when it is back");
      away = true;
    },
    end() {},
  };
}

/** The instance's name, unless the step's words have it already. */
export const naming = (what: string, instance: string | null): string =>
  instance === null || what.includes(instance) ? "" : ` ${instance}`;
