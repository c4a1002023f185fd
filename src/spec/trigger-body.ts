/** How instances find the body of the call that made them, where a trigger is to tell it. Tutum's was `TUTUM_TRIGGER_BODY`. */
export const TRIGGER_BODY = "INSTAR_TRIGGER_BODY";

type Environment = Readonly<Record<string, string>>;

/** null takes it away. */
export function withTriggerBody(environment: Environment, body: string | null): Environment {
  const { [TRIGGER_BODY]: _, ...rest } = environment;
  return body === null ? rest : { ...rest, [TRIGGER_BODY]: body };
}
