/** JSON Schema of `x-instar`, the words Compose does not have. Compiled into `generated/compose-schema.js`. */
const duration = { type: ["string", "integer"] };
const port = { type: ["integer", "string"] };
const command = { oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] };
const named = (properties: Readonly<Record<string, unknown>>) => ({ type: "object", properties, additionalProperties: false });
const job = { oneOf: [{ type: "string" }, named({ service: { type: "string" }, timeout: duration })] };

const verify = { oneOf: [{ type: ["boolean", "string"] }, named({ cosign: { type: "string" } })] };

export const X_INSTAR = {
  service: named({
    domains: {
      type: "array",
      items: { oneOf: [{ type: "string" }, named({ domain: { type: "string" }, weight: { type: ["integer", "string"] } })] },
    },
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
    sticky: named({ cookie: { type: "string" } }),
    strategy: {
      oneOf: [
        { type: "string", enum: ["rolling", "recreate", "blue-green", "canary"] },
        named({
          "blue-green": {
            ...named({ warm: duration, promote: { type: "string" }, preview: { type: "string" } }),
            type: ["object", "null"],
          },
          canary: {
            ...named({
              steps: { type: "array", items: { type: "string" } },
              every: duration,
              size: { type: "string" },
              warm: duration,
              preview: { type: "string" },
              header: { type: "string" },
              cookie: { type: "string" },
              analyse: {},
            }),
            type: ["object", "null"],
          },
          rolling: {},
          recreate: {},
        }),
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
    jobs: named({ before: job, after: job }),
    hooks: named({
      confirm: { oneOf: [{ type: "string" }, named({ url: { type: "string" }, timeout: duration })] },
      notify: { type: "string" },
    }),
    context: named({
      target: { type: "string" },
      files: { type: "object" },
      hosts: { type: "string" },
      "resolv.conf": { type: "string" },
      on_change: { oneOf: [{ type: "string" }, named({ signal: { type: "string" } })] },
    }),
    keep: { type: ["integer", "string"] },
  }),
  volume: named({
    shared: { type: ["boolean", "string"] },
    snapshot: {
      oneOf: [{ type: "string" }, named({ when: { type: "string" }, keep: { type: ["integer", "string"] }, max_age: duration })],
    },
    freeze: named({ command, thaw: command, timeout: duration, limit: duration }),
  }),
  stack: named({ atomic: { type: ["boolean", "string"] }, verify }),
} as const;
