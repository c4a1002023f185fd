/** JSON Schema of `x-instar`, the words Compose does not have. Compiled into `generated/compose-schema.js`. */
const duration = { type: ["string", "integer"] };
const port = { type: ["integer", "string"] };
const named = (properties: Readonly<Record<string, unknown>>) => ({ type: "object", properties, additionalProperties: false });

const verify = { oneOf: [{ type: ["boolean", "string"] }, named({ cosign: { type: "string" } })] };

export const X_INSTAR = {
  service: named({
    domains: { type: "array", items: { type: "string" } },
    port,
    tls: { type: "object" },
    ready: {
      oneOf: [
        { type: "string" },
        named({ http: { type: "string" }, tcp: port, healthcheck: { type: ["boolean", "string"] }, port, timeout: duration }),
      ],
    },
    min_ready: duration,
    drain: duration,
    hold: duration,
    timeout: duration,
    balance: { type: "string", enum: ["roundrobin", "leastconn"] },
    sticky: {},
    strategy: {
      oneOf: [
        { type: "string", enum: ["rolling", "recreate", "blue-green", "canary"] },
        named({ "blue-green": {}, canary: {}, rolling: {}, recreate: {} }),
      ],
    },
    immutable: { type: "string", enum: ["enforce", "detect", "off"] },
    scratch: { type: "array", items: { type: "string" } },
    max_age: duration,
    autoredeploy: {
      oneOf: [
        { type: ["boolean", "string"] },
        named({
          tags: { oneOf: [{ type: ["string", "number"] }, named({ semver: { type: ["string", "number"] } })] },
          semver: { type: ["string", "number"] },
          every: duration,
          min_age: duration,
          approve: { type: ["boolean", "string"] },
          window: { type: "string" },
        }),
      ],
    },
    verify,
    jobs: {},
    context: {},
    keep: { type: ["integer", "string"] },
  }),
  volume: named({
    shared: { type: ["boolean", "string"] },
    snapshot: {
      oneOf: [{ type: "string" }, named({ when: { type: "string" }, keep: { type: ["integer", "string"] }, max_age: duration })],
    },
    freeze: {},
  }),
  stack: named({ atomic: { type: ["boolean", "string"] }, verify }),
} as const;
