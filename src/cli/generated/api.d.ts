/** Generated from src/api/openapi.json by script/generate-api.ts. */
export interface paths {
    readonly "/v1/build": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post: operations["build"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/deployments/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["deployment"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/deployments/{id}/abort": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post: operations["abort"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/deployments/{id}/pause": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post: operations["pause"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/deployments/{id}/resume": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post: operations["resume"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/doctor": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["doctor"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/events": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["events"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/find": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** `service` or `stack/service` to both names; INS2002, INS2003 */
        readonly get: operations["find"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/instances": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["instances"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/plan": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post: operations["plan"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/router/replace": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post: operations["replaceRouter"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/services": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["services"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/stacks": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["stacks"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/stacks/{stack}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        readonly delete: operations["down"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/stacks/{stack}/services/{service}/deploy": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post: operations["deploy"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/stacks/{stack}/services/{service}/diff": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["diff"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/stacks/{stack}/services/{service}/history": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["history"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/stacks/{stack}/services/{service}/logs": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["logs"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/stacks/{stack}/services/{service}/recycle": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post: operations["recycle"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/stacks/{stack}/services/{service}/redeploy": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post: operations["redeploy"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/stacks/{stack}/services/{service}/rollback": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post: operations["rollback"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/stacks/{stack}/services/{service}/scale": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post: operations["scale"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/stacks/{stack}/services/{service}/start": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post: operations["start"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/stacks/{stack}/services/{service}/stop": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post: operations["stop"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/stacks/{stack}/services/{service}/unpin": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post: operations["unpin"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/up": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post: operations["up"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/version": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get: operations["version"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        readonly Deployment: {
            readonly cause: {
                /** @enum {string} */
                readonly kind: "up" | "deploy" | "redeploy" | "rollback" | "scale" | "recycle" | "trigger" | "autoredeploy" | "drift" | "max-age" | "context" | "crash";
                readonly who: string;
            };
            readonly endedAt: number | null;
            readonly evidence: components["schemas"]["Evidence"] | null;
            readonly from: number | null;
            readonly id: string;
            /** @enum {string} */
            readonly outcome: "succeeded" | "rolled-back" | "failed" | "superseded" | "aborted" | "running" | "paused" | "unchanged";
            readonly reason: string | null;
            readonly seconds: number;
            readonly service: string;
            readonly stack: string;
            /** @description milliseconds since the epoch */
            readonly startedAt: number;
            readonly steps: readonly components["schemas"]["Step"][];
            readonly strategy: string;
            readonly to: number;
        };
        readonly Doctor: {
            readonly checks: readonly {
                readonly hint: string | null;
                readonly message: string;
                readonly name: string;
                /** @enum {string} */
                readonly state: "ok" | "warn" | "fail";
            }[];
        };
        readonly Down: {
            readonly keptVolumes: readonly string[];
            readonly removed: readonly string[];
            readonly removedVolumes: readonly string[];
        };
        readonly Event: {
            /** @description milliseconds since the epoch */
            readonly at: number;
            readonly deployment: string | null;
            readonly instance: string | null;
            readonly kind: string;
            readonly message: string;
            readonly seq: number;
            readonly service: string | null;
            readonly stack: string | null;
        };
        readonly Evidence: {
            readonly exitCode: number | null;
            readonly instance: string;
            readonly log: readonly string[];
            readonly reason: string;
        };
        readonly Failure: {
            readonly error: {
                readonly at?: {
                    readonly column: number;
                    readonly file: string;
                    readonly line: number;
                };
                readonly code: string;
                readonly hint: string;
                readonly message: string;
            };
        };
        readonly History: {
            readonly deployments: readonly components["schemas"]["Deployment"][];
            readonly revisions: readonly components["schemas"]["Revision"][];
        };
        readonly Instance: {
            readonly address: string;
            /** @description milliseconds since the epoch */
            readonly createdAt: number;
            readonly digest: string;
            /** @enum {string} */
            readonly drift: "none" | "tainted" | "changed" | "worn" | "foreign" | "unwatched";
            readonly id: string;
            readonly image: string;
            readonly name: string;
            /** @enum {string} */
            readonly phase: "starting" | "ready" | "serving" | "draining" | "stopped" | "failed" | "quarantined" | "evidence";
            readonly revision: number;
            readonly service: string;
            readonly slot: number;
            readonly stack: string;
            /** @description 0 to 256 */
            readonly weight: number;
        };
        readonly Notice: {
            readonly at: components["schemas"]["Position"] | null;
            readonly code: string;
            readonly message: string;
        };
        readonly Plan: {
            readonly changed: boolean;
            readonly notices: readonly components["schemas"]["Notice"][];
            readonly services: readonly components["schemas"]["ServicePlan"][];
            readonly stack: string;
        };
        readonly Position: {
            readonly column: number;
            readonly file: string;
            readonly line: number;
        };
        readonly Revision: {
            /** @description milliseconds since the epoch */
            readonly createdAt: number;
            readonly current: boolean;
            readonly digest: string;
            readonly image: string;
            readonly instanceHash: string;
            readonly number: number;
            readonly revisionHash: string;
            readonly spec: components["schemas"]["ServiceSpec"];
            readonly who: string;
            readonly why: string;
        };
        readonly Service: {
            readonly deployment: string | null;
            readonly digest: string;
            readonly domains: readonly string[];
            readonly image: string;
            readonly pinned: boolean;
            readonly ports: readonly {
                readonly protocol: string;
                readonly published: number;
                readonly target: number;
            }[];
            readonly replicas: {
                readonly serving: number;
                readonly wanted: number;
            };
            readonly revision: number;
            readonly service: string;
            readonly stack: string;
            /** @enum {string} */
            readonly state: "running" | "deploying" | "stopped" | "failed" | "degraded" | "completed";
        };
        readonly ServicePlan: {
            /** @enum {string} */
            readonly action: "create" | "replace" | "update" | "scale" | "none" | "remove" | "pinned" | "orphaned";
            readonly changes: readonly {
                readonly after: string | null;
                readonly before: string | null;
                readonly path: string;
                readonly replaces: boolean;
            }[];
            readonly from: number | null;
            readonly kept: readonly string[];
            readonly service: string;
            readonly stack: string;
            readonly steps: readonly {
                readonly because: string;
                readonly do: string;
                readonly instance: string | null;
            }[];
            readonly to: number | null;
        };
        readonly ServiceSpec: {
            /** @enum {string} */
            readonly balance: "roundrobin" | "leastconn";
            readonly build: {
                readonly args: {
                    readonly [key: string]: string;
                };
                readonly context: string;
                readonly dockerfile: string;
                readonly target: string | null;
            } | null;
            readonly capAdd: readonly string[];
            readonly capDrop: readonly string[];
            readonly command: readonly string[] | null;
            readonly dependsOn: {
                readonly [key: string]: {
                    /** @enum {string} */
                    readonly condition: "service_started" | "service_healthy" | "service_completed_successfully";
                    readonly required: boolean;
                };
            };
            readonly domainPort: number | null;
            readonly domains: readonly {
                readonly host: string;
                readonly path: string | null;
            }[];
            readonly drainMs: number | null;
            readonly entrypoint: readonly string[] | null;
            readonly environment: {
                readonly [key: string]: string;
            };
            readonly expose: readonly number[];
            readonly healthcheck: {
                readonly disable: boolean;
                readonly intervalMs: number;
                readonly retries: number;
                readonly startIntervalMs: number | null;
                readonly startPeriodMs: number;
                readonly test: readonly string[];
                readonly timeoutMs: number;
            } | null;
            readonly holdMs: number | null;
            readonly hostname: string | null;
            readonly image: string;
            readonly init: boolean;
            readonly labels: {
                readonly [key: string]: string;
            };
            readonly logging: {
                readonly driver: string;
                readonly options: {
                    readonly [key: string]: string;
                };
            } | null;
            readonly minReadyMs: number;
            readonly mounts: readonly {
                readonly createHostPath: boolean;
                /** @enum {string} */
                readonly kind: "volume" | "bind";
                readonly readOnly: boolean;
                readonly source: string | null;
                readonly target: string;
            }[];
            readonly networkMode: ("none" | "host") | null;
            readonly networks: {
                readonly [key: string]: {
                    readonly aliases: readonly string[];
                };
            };
            readonly ports: readonly {
                readonly appProtocol: ("http" | "h2c" | "grpc" | "https" | "tcp") | null;
                readonly hostIp: string | null;
                /** @enum {string} */
                readonly mode: "ingress" | "host";
                /** @enum {string} */
                readonly protocol: "tcp" | "udp";
                readonly published: number | null;
                readonly target: number;
            }[];
            /** @enum {string} */
            readonly pullPolicy: "missing" | "always" | "never";
            readonly readOnly: boolean;
            readonly ready: ({
                /** @enum {string} */
                readonly kind: "http";
                readonly path: string;
                readonly port: number | null;
            } | {
                /** @enum {string} */
                readonly kind: "tcp";
                readonly port: number | null;
            } | {
                /** @enum {string} */
                readonly kind: "healthcheck";
            }) | null;
            readonly readyTimeoutMs: number;
            readonly replicas: number;
            readonly resources: {
                readonly memoryBytes: number;
                readonly memoryReservationBytes: number;
                readonly nanoCpus: number;
                readonly pids: number;
            };
            readonly restart: {
                readonly maxAttempts: number;
                /** @enum {string} */
                readonly policy: "no" | "on-failure" | "always" | "unless-stopped";
            };
            readonly rollback: {
                readonly delayMs: number;
                /** @enum {string} */
                readonly failureAction: "rollback" | "pause" | "continue";
                readonly maxFailureRatio: number;
                readonly monitorMs: number;
                readonly order: ("start-first" | "stop-first") | null;
                readonly parallelism: number;
            };
            readonly rollout: {
                readonly delayMs: number;
                /** @enum {string} */
                readonly failureAction: "rollback" | "pause" | "continue";
                readonly maxFailureRatio: number;
                readonly monitorMs: number;
                readonly order: ("start-first" | "stop-first") | null;
                readonly parallelism: number;
            };
            readonly stopGraceMs: number;
            readonly stopSignal: string | null;
            /** @enum {string} */
            readonly strategy: "rolling" | "recreate";
            readonly timeoutMs: number;
            readonly tmpfs: readonly {
                readonly mode: number | null;
                readonly sizeBytes: number | null;
                readonly target: string;
            }[];
            readonly user: string | null;
            readonly workingDir: string | null;
        };
        readonly Stack: {
            readonly name: string;
            readonly services: number;
            readonly state: string;
            /** @description milliseconds since the epoch */
            readonly updatedAt: number;
        };
        readonly StackSpec: {
            readonly atomic: boolean;
            readonly name: string;
            readonly networks: {
                readonly [key: string]: {
                    readonly external: boolean;
                    readonly internal: boolean;
                    readonly labels: {
                        readonly [key: string]: string;
                    };
                    readonly name: string;
                };
            };
            readonly services: {
                readonly [key: string]: components["schemas"]["ServiceSpec"];
            };
            readonly specVersion: number;
            readonly volumes: {
                readonly [key: string]: {
                    readonly driver: string;
                    readonly driverOpts: {
                        readonly [key: string]: string;
                    };
                    readonly external: boolean;
                    readonly labels: {
                        readonly [key: string]: string;
                    };
                    readonly name: string;
                    readonly shared: boolean | null;
                };
            };
        };
        readonly Step: {
            /** @description milliseconds since the epoch */
            readonly at: number;
            readonly because: string;
            readonly do: string;
            readonly instance: string | null;
        };
        readonly Up: {
            readonly deployments: readonly components["schemas"]["Deployment"][];
            readonly kept: readonly string[];
            readonly notices: readonly components["schemas"]["Notice"][];
        };
        readonly UpRequest: {
            readonly built: {
                readonly [key: string]: string;
            };
            readonly forceFile: boolean;
            readonly notices: readonly components["schemas"]["Notice"][];
            readonly prune: boolean;
            readonly spec: components["schemas"]["StackSpec"];
            readonly unpin: boolean;
            readonly who: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readonly build: {
        readonly parameters: {
            readonly query: {
                readonly dockerfile: string;
                readonly service: string;
                readonly stack: string;
                readonly target?: string;
            };
            readonly header?: {
                readonly "instar-build-args"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/x-ndjson": {
                        readonly image: string;
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/x-ndjson": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly deployment: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly deployment: components["schemas"]["Deployment"];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly abort: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly deployments: readonly components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly pause: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly deployments: readonly components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly resume: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly deployments: readonly components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly doctor: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Doctor"];
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly events: {
        readonly parameters: {
            readonly query?: {
                readonly after?: number;
                readonly limit?: number;
                readonly service?: string;
                readonly stack?: string;
            };
            readonly header?: {
                readonly "last-event-id"?: number;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly events: readonly components["schemas"]["Event"][];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly find: {
        readonly parameters: {
            readonly query: {
                readonly name: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly service: string;
                        readonly stack: string;
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly instances: {
        readonly parameters: {
            readonly query?: {
                readonly service?: string;
                readonly stack?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly instances: readonly components["schemas"]["Instance"][];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly plan: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["UpRequest"];
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly replaceRouter: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": Record<string, never>;
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly services: {
        readonly parameters: {
            readonly query?: {
                readonly stack?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly services: readonly components["schemas"]["Service"][];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly stacks: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly stacks: readonly components["schemas"]["Stack"][];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly down: {
        readonly parameters: {
            readonly query: {
                readonly volumes: boolean;
            };
            readonly header?: never;
            readonly path: {
                readonly stack: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Down"];
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly deploy: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly service: string;
                readonly stack: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly image: string;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly deployments: readonly components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly diff: {
        readonly parameters: {
            readonly query: {
                readonly a: number;
                readonly b: number;
            };
            readonly header?: never;
            readonly path: {
                readonly service: string;
                readonly stack: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly changes: readonly {
                            readonly after: string | null;
                            readonly before: string | null;
                            readonly path: string;
                        }[];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly history: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly service: string;
                readonly stack: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["History"];
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly logs: {
        readonly parameters: {
            readonly query: {
                readonly follow: boolean;
                readonly tail?: number;
            };
            readonly header?: never;
            readonly path: {
                readonly service: string;
                readonly stack: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/x-ndjson": {
                        readonly at: number;
                        readonly instance: string;
                        readonly stream: string;
                        readonly text: string;
                    };
                    readonly "text/event-stream": {
                        readonly at: number;
                        readonly instance: string;
                        readonly stream: string;
                        readonly text: string;
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/x-ndjson": components["schemas"]["Failure"];
                    readonly "text/event-stream": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly recycle: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly service: string;
                readonly stack: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly deployments: readonly components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly redeploy: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly service: string;
                readonly stack: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly deployments: readonly components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly rollback: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly service: string;
                readonly stack: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly to: number | null;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly deployments: readonly components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly scale: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly service: string;
                readonly stack: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly replicas: number;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly deployments: readonly components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly start: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly service: string;
                readonly stack: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly deployments: readonly components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly stop: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly service: string;
                readonly stack: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly deployments: readonly components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly unpin: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly service: string;
                readonly stack: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Service"];
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly up: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["UpRequest"];
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Up"];
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    readonly version: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly version: string;
                    };
                };
            };
            /** @description Default Response */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
}
