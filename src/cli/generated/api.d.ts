/** Generated from src/api/openapi.json by script/generate-api.ts. */
export interface paths {
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** checks the event log, and that it still has these heads of it */
        post: operations["audit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/backup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["backup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/build": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["build"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/configs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["configs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/configs/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** the body is the content */
        put: operations["setConfig"];
        post?: never;
        delete: operations["removeConfig"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["deployment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/abort": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["abort"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["pause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/promote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["promote"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deployments/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["doctor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drift": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["drift"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/execs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["exec"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/execs/{id}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["execRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/execs/{id}/size": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["execSize"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/find": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** `service` or `stack/service` to both names; INS2002, INS2003 */
        get: operations["find"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** which revisions' images can still be had */
        get: operations["images"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/images/prune": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** lets go of images of revisions that nobody can go back to */
        post: operations["prune"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/instances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["instances"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/instances/{name}/layer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** the instance's writable layer as a tar */
        get: operations["exportLayer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** an image was pushed, says the caller: services that follow it look at once */
        post: operations["notice"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["plan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["project"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project}/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["finishAdoption"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{project}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["undoAdoption"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/router/replace": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["replaceRouter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["secrets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/secrets/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** the body is the content */
        put: operations["setSecret"];
        post?: never;
        delete: operations["removeSecret"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["services"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/snapshots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["snapshots"];
        put?: never;
        post: operations["createSnapshot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/snapshots/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["removeSnapshot"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/snapshots/{id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** the tar, compressed with zstd; its SHA-256 is in the header instar-sha256 */
        get: operations["exportSnapshot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/snapshots/{id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["restoreSnapshot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/snapshots/{id}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["verifySnapshot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/snapshots/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** a tar, plain or compressed with zstd or gzip */
        post: operations["importSnapshot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["stacks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["down"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** lets the waiting image in; INS2042 */
        post: operations["approve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/deploy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** an image, or the one that serves in another service */
        post: operations["deploy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["diff"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/heal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** replaces every drifted instance; with keepMs they are kept for so long, out of rotation */
        post: operations["heal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["logs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/recycle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["recycle"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/redeploy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["redeploy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["rollback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/scale": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["scale"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/split": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["split"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["stop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/suggest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["suggest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/triggers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** the answer alone has the secret and the key */
        post: operations["createTrigger"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stacks/{stack}/services/{service}/unpin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["unpin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/timings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["timings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["tokens"];
        put?: never;
        /** the answer alone has the token */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["removeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/triggers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["triggers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/triggers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["removeTrigger"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["up"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["verify"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/verify/key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["verifyKey"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/version": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["version"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/volumes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["volumes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/volumes/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete: operations["removeVolume"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/watch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** what each service follows, and what it waits for */
        get: operations["watch"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Attestation: {
            /** @description milliseconds since the epoch */
            at: number;
            /** @enum {number} */
            format: 1;
            installation: string;
            instances: components["schemas"]["InstanceProof"][];
            log: components["schemas"]["EventLog"];
            proven: boolean;
            service: string | null;
            stack: string | null;
        };
        Audit: {
            claims: string[];
            log: components["schemas"]["EventLog"];
        };
        Course: {
            at: number;
            since: number | null;
            steps: {
                forMs: number | null;
                gates: {
                    name: string;
                    reason: string;
                    /** @enum {string} */
                    state: "waiting" | "passed" | "failed";
                }[];
                /** @description hundredths of a percent */
                share: number;
                /** @description hundredths of a percent */
                size: number;
            }[];
            /** @enum {string} */
            strategy: "blue-green" | "canary";
            warmMs: number;
        };
        Deployment: {
            cause: {
                /** @enum {string} */
                kind: "up" | "deploy" | "redeploy" | "rollback" | "scale" | "recycle" | "split" | "trigger" | "autoredeploy" | "drift" | "max-age" | "context" | "crash";
                who: string;
            };
            course?: components["schemas"]["Course"];
            endedAt: number | null;
            evidence: components["schemas"]["Evidence"] | null;
            from: number | null;
            group?: string;
            id: string;
            jobs?: components["schemas"]["Job"][];
            /** @enum {string} */
            outcome: "succeeded" | "rolled-back" | "failed" | "superseded" | "aborted" | "running" | "paused" | "unchanged";
            pauses: {
                /** @description milliseconds since the epoch */
                from: number;
                ms: number;
            }[];
            promoted?: {
                revision: number;
                service: string;
                stack: string;
            };
            reason: string | null;
            seconds: number;
            service: string;
            stack: string;
            /** @description milliseconds since the epoch */
            startedAt: number;
            steps: components["schemas"]["Step"][];
            strategy: string;
            to: number;
        };
        Doctor: {
            checks: {
                hint: string | null;
                message: string;
                name: string;
                /** @enum {string} */
                state: "ok" | "warn" | "fail";
            }[];
        };
        Down: {
            keptVolumes: string[];
            removed: string[];
            removedVolumes: string[];
        };
        Drift: {
            gaps: {
                blind: boolean;
                /** @description milliseconds since the epoch */
                from: number;
                reason: string;
                /** @description milliseconds since the epoch */
                to: number;
            }[];
            gone: {
                causes: components["schemas"]["DriftCause"][];
                name: string;
                service: string;
                stack: string;
            }[];
            instances: {
                because: string;
                causes: components["schemas"]["DriftCause"][];
                more: boolean;
                name: string;
                service: string;
                stack: string;
                /** @enum {string} */
                verdict: "none" | "tainted" | "changed" | "worn" | "foreign" | "unwatched";
            }[];
            watching: {
                /** @description milliseconds since the epoch */
                seen: number;
                /** @description milliseconds since the epoch */
                since: number;
            };
        };
        DriftCause: {
            /** @description milliseconds since the epoch */
            at: number;
            by: string;
            detail: string;
            /** @enum {string} */
            kind: "exec" | "copy" | "write" | "update" | "rename" | "pause" | "network" | "mount" | "restart" | "managed-file";
        };
        Event: {
            /** @description milliseconds since the epoch */
            at: number;
            deployment: string | null;
            instance: string | null;
            kind: string;
            message: string;
            seq: number;
            service: string | null;
            stack: string | null;
        };
        EventLog: {
            events: number;
            faults: {
                message: string;
                seq: number;
            }[];
            from: number | null;
            head: {
                hash: string;
                seq: number;
                signature: string;
            } | null;
            to: number | null;
        };
        Evidence: {
            exitCode: number | null;
            instance: string;
            log: string[];
            reason: string;
        };
        Failure: {
            error: {
                at?: {
                    column: number;
                    file: string;
                    line: number;
                };
                code: string;
                hint: string;
                message: string;
            };
        };
        History: {
            deployments: components["schemas"]["Deployment"][];
            revisions: components["schemas"]["Revision"][];
        };
        Instance: {
            address: string;
            /** @description milliseconds since the epoch */
            createdAt: number;
            digest: string;
            /** @enum {string} */
            drift: "none" | "tainted" | "changed" | "worn" | "foreign" | "unwatched";
            id: string;
            image: string;
            name: string;
            /** @enum {string} */
            phase: "starting" | "ready" | "serving" | "draining" | "stopped" | "failed" | "quarantined" | "evidence";
            revision: number;
            service: string;
            slot: number;
            stack: string;
            /** @description 0 to 256 */
            weight: number;
        };
        InstanceProof: {
            /** @description milliseconds since the epoch */
            createdAt: number;
            differences: {
                detail: string;
                from: number | null;
                /** @enum {string} */
                kind: "image" | "configuration" | "layer" | "history" | "unattested" | "log";
                to: number | null;
            }[];
            digest: string;
            id: string;
            image: string;
            name: string;
            onDisk: boolean;
            revision: number;
            service: string;
            stack: string;
        };
        Job: {
            container: string;
            endedAt: number | null;
            exitCode: number | null;
            job: string;
            log: string[];
            /** @enum {string} */
            moment: "before" | "after";
            reason: string | null;
            startedAt: number | null;
            /** @enum {string} */
            state: "running" | "succeeded" | "failed";
        };
        Notice: {
            at: components["schemas"]["Position"] | null;
            code: string;
            message: string;
        };
        Plan: {
            changed: boolean;
            notices: components["schemas"]["Notice"][];
            services: components["schemas"]["ServicePlan"][];
            stack: string;
        };
        Position: {
            column: number;
            file: string;
            line: number;
        };
        Project: {
            containers: {
                id: string;
                image: string;
                mounts: {
                    /** @enum {string} */
                    kind: "volume" | "bind";
                    readOnly: boolean;
                    source: string;
                    target: string;
                }[];
                name: string;
                networks: string[];
                number: number;
                ports: number[];
                restart: {
                    maxAttempts: number;
                    name: string;
                };
                running: boolean;
                service: string;
                stopGraceMs: number;
            }[];
            files: string[];
            folder: string | null;
            name: string;
        };
        Prune: {
            bytes: number;
            inUse: string[];
            removed: string[];
            unsaved: string[];
        };
        Reaction: {
            deployment: string | null;
            reason: string;
            service: string;
        };
        Revision: {
            /** @description milliseconds since the epoch */
            createdAt: number;
            current: boolean;
            digest: string;
            image: string;
            instanceHash: string;
            number: number;
            revisionHash: string;
            spec: components["schemas"]["ServiceSpec"];
            who: string;
            why: string;
        };
        RevisionImage: {
            current: boolean;
            detail: string | null;
            digest: string;
            kept: boolean;
            reference: string;
            revision: number;
            saved: boolean;
            service: string;
            stack: string;
            /** @enum {string} */
            state: "present" | "pullable" | "saved" | "gone" | "unknown";
        };
        Secret: {
            bytes: number;
            /** @description milliseconds since the epoch */
            changedAt: number;
            name: string;
            usedBy: string[];
            /** @description an HMAC of the content, as in revisions */
            version: string;
        };
        SecretRemoved: {
            removed: string;
            usedBy: string[];
            version: string;
        };
        SecretSet: {
            bytes: number;
            changed: boolean;
            /** @description milliseconds since the epoch */
            changedAt: number;
            name: string;
            usedBy: string[];
            /** @description an HMAC of the content, as in revisions */
            version: string;
        };
        Service: {
            deployment: string | null;
            digest: string;
            domains: string[];
            image: string;
            pinned: boolean;
            ports: {
                protocol: string;
                published: number;
                target: number;
            }[];
            replicas: {
                serving: number;
                wanted: number;
            };
            revision: number;
            service: string;
            shares?: {
                domain: string;
                /** @description hundredths of a percent */
                now: number;
                /** @description hundredths of a percent */
                share: number;
                /** @description 1 to 10,000 */
                weight: number;
            }[];
            stack: string;
            /** @enum {string} */
            state: "running" | "deploying" | "stopped" | "failed" | "degraded" | "completed";
        };
        ServicePlan: {
            /** @enum {string} */
            action: "create" | "replace" | "update" | "scale" | "none" | "remove" | "pinned" | "orphaned";
            changes: {
                after: string | null;
                before: string | null;
                path: string;
                replaces: boolean;
            }[];
            extraContainers: number;
            from: number | null;
            kept: string[];
            pause: string | null;
            rollout: string | null;
            service: string;
            stack: string;
            steps: {
                because: string;
                do: string;
                instance: string | null;
            }[];
            takesOver: {
                containers: string[];
                volumes: string[];
            } | null;
            to: number | null;
        };
        ServiceSpec: {
            autoredeploy?: {
                approve: boolean;
                everyMs: number;
                minAgeMs: number;
                tags: {
                    /** @enum {string} */
                    kind: "same-tag";
                } | {
                    /** @enum {string} */
                    kind: "semver";
                    range: string;
                } | {
                    /** @enum {string} */
                    kind: "glob";
                    pattern: string;
                } | {
                    /** @enum {string} */
                    kind: "regex";
                    pattern: string;
                };
                window: {
                    fromMinute: number;
                    toMinute: number;
                } | null;
            };
            /** @enum {string} */
            balance: "roundrobin" | "leastconn";
            build: {
                args: {
                    [key: string]: string;
                };
                context: string;
                dockerfile: string;
                options?: {
                    cacheFrom?: string[];
                    extraHosts?: string[];
                    inline?: string;
                    labels?: {
                        [key: string]: string;
                    };
                    network?: string;
                    noCache?: boolean;
                    pull?: boolean;
                    shmSizeBytes?: number;
                    ulimits?: {
                        [key: string]: {
                            hard: number;
                            soft: number;
                        };
                    };
                };
                target: string | null;
            } | null;
            capAdd: string[];
            capDrop: string[];
            command: string[] | null;
            container?: {
                annotations?: {
                    [key: string]: string;
                };
                blkio?: {
                    readBps: {
                        path: string;
                        rate: number;
                    }[];
                    readIops: {
                        path: string;
                        rate: number;
                    }[];
                    weight: number;
                    weightDevices: {
                        path: string;
                        weight: number;
                    }[];
                    writeBps: {
                        path: string;
                        rate: number;
                    }[];
                    writeIops: {
                        path: string;
                        rate: number;
                    }[];
                };
                /** @enum {string} */
                cgroup?: "host" | "private";
                cgroupParent?: string;
                cpuPeriodUs?: number;
                cpuQuotaUs?: number;
                cpuRealtimePeriodUs?: number;
                cpuRealtimeRuntimeUs?: number;
                cpuset?: string;
                cpuShares?: number;
                deviceCgroupRules?: string[];
                deviceRequests?: {
                    capabilities: string[];
                    count: number;
                    driver: string;
                    ids: string[];
                    options: {
                        [key: string]: string;
                    };
                }[];
                devices?: {
                    permissions: string;
                    source: string;
                    target: string;
                }[];
                dns?: string[];
                dnsOptions?: string[];
                dnsSearch?: string[];
                domainname?: string;
                extraHosts?: string[];
                groupAdd?: string[];
                /** @enum {string} */
                ipc?: "private" | "shareable" | "host" | "none";
                memorySwapBytes?: number;
                memorySwappiness?: number;
                oomKillDisable?: boolean;
                oomScoreAdj?: number;
                /** @enum {string} */
                pid?: "host";
                platform?: string;
                privileged?: boolean;
                runtime?: string;
                securityOptions?: string[];
                shmSizeBytes?: number;
                stdinOpen?: boolean;
                storageOptions?: {
                    [key: string]: string;
                };
                sysctls?: {
                    [key: string]: string;
                };
                tty?: boolean;
                ulimits?: {
                    [key: string]: {
                        hard: number;
                        soft: number;
                    };
                };
                /** @enum {string} */
                usernsMode?: "host";
                /** @enum {string} */
                uts?: "host";
            };
            context?: {
                etc?: {
                    hosts?: string;
                    "resolv.conf"?: string;
                };
                files: {
                    [key: string]: string;
                };
                onChange: {
                    /** @enum {string} */
                    kind: "signal";
                    /** @enum {string} */
                    signal: "SIGHUP" | "SIGUSR1" | "SIGUSR2" | "SIGWINCH" | "SIGCONT";
                } | {
                    /** @enum {string} */
                    kind: "replace";
                } | {
                    /** @enum {string} */
                    kind: "nothing";
                };
                target?: string;
            };
            dependsOn: {
                [key: string]: {
                    /** @enum {string} */
                    condition: "service_started" | "service_healthy" | "service_completed_successfully";
                    required: boolean;
                };
            };
            domainPort: number | null;
            domains: {
                host: string;
                path: string | null;
                weight?: number;
            }[];
            drainMs: number | null;
            entrypoint: string[] | null;
            environment: {
                [key: string]: string;
            };
            expose: number[];
            files?: {
                external: string | null;
                gid: number | null;
                key: string;
                /** @enum {string} */
                kind: "secret" | "config";
                mode: number | null;
                target: string;
                uid: number | null;
                version: string | null;
            }[];
            healthcheck: {
                disable: boolean;
                intervalMs: number;
                retries: number;
                startIntervalMs: number | null;
                startPeriodMs: number;
                test: string[];
                timeoutMs: number;
            } | null;
            holdMs: number | null;
            hooks?: {
                confirm?: {
                    timeoutMs: number;
                    url: string;
                };
                notify?: {
                    url: string;
                };
            };
            hostname: string | null;
            image: string;
            /** @enum {string} */
            immutable?: "enforce" | "off";
            init: boolean;
            jobs?: {
                after?: {
                    /** @enum {string} */
                    image: "revision" | "own";
                    resolved?: {
                        digests: string[];
                        reference: string;
                        runnable: string;
                        shown: string;
                        volumes?: string[];
                    };
                    service: string;
                    spec: {
                        autoredeploy?: {
                            approve: boolean;
                            everyMs: number;
                            minAgeMs: number;
                            tags: {
                                /** @enum {string} */
                                kind: "same-tag";
                            } | {
                                /** @enum {string} */
                                kind: "semver";
                                range: string;
                            } | {
                                /** @enum {string} */
                                kind: "glob";
                                pattern: string;
                            } | {
                                /** @enum {string} */
                                kind: "regex";
                                pattern: string;
                            };
                            window: {
                                fromMinute: number;
                                toMinute: number;
                            } | null;
                        };
                        /** @enum {string} */
                        balance: "roundrobin" | "leastconn";
                        build: {
                            args: {
                                [key: string]: string;
                            };
                            context: string;
                            dockerfile: string;
                            options?: {
                                cacheFrom?: string[];
                                extraHosts?: string[];
                                inline?: string;
                                labels?: {
                                    [key: string]: string;
                                };
                                network?: string;
                                noCache?: boolean;
                                pull?: boolean;
                                shmSizeBytes?: number;
                                ulimits?: {
                                    [key: string]: {
                                        hard: number;
                                        soft: number;
                                    };
                                };
                            };
                            target: string | null;
                        } | null;
                        capAdd: string[];
                        capDrop: string[];
                        command: string[] | null;
                        container?: {
                            annotations?: {
                                [key: string]: string;
                            };
                            blkio?: {
                                readBps: {
                                    path: string;
                                    rate: number;
                                }[];
                                readIops: {
                                    path: string;
                                    rate: number;
                                }[];
                                weight: number;
                                weightDevices: {
                                    path: string;
                                    weight: number;
                                }[];
                                writeBps: {
                                    path: string;
                                    rate: number;
                                }[];
                                writeIops: {
                                    path: string;
                                    rate: number;
                                }[];
                            };
                            /** @enum {string} */
                            cgroup?: "host" | "private";
                            cgroupParent?: string;
                            cpuPeriodUs?: number;
                            cpuQuotaUs?: number;
                            cpuRealtimePeriodUs?: number;
                            cpuRealtimeRuntimeUs?: number;
                            cpuset?: string;
                            cpuShares?: number;
                            deviceCgroupRules?: string[];
                            deviceRequests?: {
                                capabilities: string[];
                                count: number;
                                driver: string;
                                ids: string[];
                                options: {
                                    [key: string]: string;
                                };
                            }[];
                            devices?: {
                                permissions: string;
                                source: string;
                                target: string;
                            }[];
                            dns?: string[];
                            dnsOptions?: string[];
                            dnsSearch?: string[];
                            domainname?: string;
                            extraHosts?: string[];
                            groupAdd?: string[];
                            /** @enum {string} */
                            ipc?: "private" | "shareable" | "host" | "none";
                            memorySwapBytes?: number;
                            memorySwappiness?: number;
                            oomKillDisable?: boolean;
                            oomScoreAdj?: number;
                            /** @enum {string} */
                            pid?: "host";
                            platform?: string;
                            privileged?: boolean;
                            runtime?: string;
                            securityOptions?: string[];
                            shmSizeBytes?: number;
                            stdinOpen?: boolean;
                            storageOptions?: {
                                [key: string]: string;
                            };
                            sysctls?: {
                                [key: string]: string;
                            };
                            tty?: boolean;
                            ulimits?: {
                                [key: string]: {
                                    hard: number;
                                    soft: number;
                                };
                            };
                            /** @enum {string} */
                            usernsMode?: "host";
                            /** @enum {string} */
                            uts?: "host";
                        };
                        context?: {
                            etc?: {
                                hosts?: string;
                                "resolv.conf"?: string;
                            };
                            files: {
                                [key: string]: string;
                            };
                            onChange: {
                                /** @enum {string} */
                                kind: "signal";
                                /** @enum {string} */
                                signal: "SIGHUP" | "SIGUSR1" | "SIGUSR2" | "SIGWINCH" | "SIGCONT";
                            } | {
                                /** @enum {string} */
                                kind: "replace";
                            } | {
                                /** @enum {string} */
                                kind: "nothing";
                            };
                            target?: string;
                        };
                        dependsOn: {
                            [key: string]: {
                                /** @enum {string} */
                                condition: "service_started" | "service_healthy" | "service_completed_successfully";
                                required: boolean;
                            };
                        };
                        domainPort: number | null;
                        domains: {
                            host: string;
                            path: string | null;
                            weight?: number;
                        }[];
                        drainMs: number | null;
                        entrypoint: string[] | null;
                        environment: {
                            [key: string]: string;
                        };
                        expose: number[];
                        files?: {
                            external: string | null;
                            gid: number | null;
                            key: string;
                            /** @enum {string} */
                            kind: "secret" | "config";
                            mode: number | null;
                            target: string;
                            uid: number | null;
                            version: string | null;
                        }[];
                        healthcheck: {
                            disable: boolean;
                            intervalMs: number;
                            retries: number;
                            startIntervalMs: number | null;
                            startPeriodMs: number;
                            test: string[];
                            timeoutMs: number;
                        } | null;
                        holdMs: number | null;
                        hostname: string | null;
                        image: string;
                        /** @enum {string} */
                        immutable?: "enforce" | "off";
                        init: boolean;
                        keep?: number;
                        labels: {
                            [key: string]: string;
                        };
                        logging: {
                            driver: string;
                            options: {
                                [key: string]: string;
                            };
                        } | null;
                        maxAgeMs?: number;
                        minReadyMs: number;
                        mounts: {
                            createHostPath: boolean;
                            /** @enum {boolean} */
                            fromImage?: true;
                            /** @enum {string} */
                            kind: "volume" | "bind";
                            noCopy?: boolean;
                            /** @enum {string} */
                            propagation?: "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave";
                            readOnly: boolean;
                            source: string | null;
                            subpath?: string;
                            target: string;
                        }[];
                        networkMode: ("none" | "host") | null;
                        networks: {
                            [key: string]: {
                                aliases: string[];
                                driverOpts?: {
                                    [key: string]: string;
                                };
                            };
                        };
                        ports: {
                            appProtocol: ("http" | "h2c" | "grpc" | "https" | "tcp") | null;
                            hostIp: string | null;
                            /** @enum {string} */
                            mode: "ingress" | "host";
                            /** @enum {string} */
                            protocol: "tcp" | "udp";
                            published: number | null;
                            target: number;
                        }[];
                        /** @enum {string} */
                        pullPolicy: "missing" | "always" | "never";
                        readOnly: boolean;
                        ready: ({
                            /** @enum {string} */
                            kind: "http";
                            path: string;
                            port: number | null;
                        } | {
                            /** @enum {string} */
                            kind: "tcp";
                            port: number | null;
                        } | {
                            /** @enum {string} */
                            kind: "healthcheck";
                        }) | null;
                        readyTimeoutMs: number;
                        replicas: number;
                        resources: {
                            memoryBytes: number;
                            memoryReservationBytes: number;
                            nanoCpus: number;
                            pids: number;
                        };
                        restart: {
                            maxAttempts: number;
                            /** @enum {string} */
                            policy: "no" | "on-failure" | "always" | "unless-stopped";
                        };
                        rollback: {
                            delayMs: number;
                            /** @enum {string} */
                            failureAction: "rollback" | "pause" | "continue";
                            maxFailureRatio: number;
                            monitorMs: number;
                            order: ("start-first" | "stop-first") | null;
                            parallelism: number;
                        };
                        rollout: {
                            delayMs: number;
                            /** @enum {string} */
                            failureAction: "rollback" | "pause" | "continue";
                            maxFailureRatio: number;
                            monitorMs: number;
                            order: ("start-first" | "stop-first") | null;
                            parallelism: number;
                        };
                        scratch?: string[];
                        sides?: {
                            cookie: string | null;
                            everyMs: number | null;
                            header: string | null;
                            preview: string | null;
                            /** @enum {string} */
                            promote: "auto" | "manual";
                            size: number | null;
                            steps: number[];
                            warmMs: number;
                        };
                        sticky?: {
                            cookie: string;
                        };
                        stopGraceMs: number;
                        stopSignal: string | null;
                        /** @enum {string} */
                        strategy: "rolling" | "recreate" | "blue-green" | "canary";
                        timeoutMs: number;
                        tmpfs: {
                            mode: number | null;
                            options?: string[];
                            sizeBytes: number | null;
                            target: string;
                        }[];
                        user: string | null;
                        verify?: {
                            cosign: string;
                        };
                        workingDir: string | null;
                    };
                    timeoutMs: number;
                };
                before?: {
                    /** @enum {string} */
                    image: "revision" | "own";
                    resolved?: {
                        digests: string[];
                        reference: string;
                        runnable: string;
                        shown: string;
                        volumes?: string[];
                    };
                    service: string;
                    spec: {
                        autoredeploy?: {
                            approve: boolean;
                            everyMs: number;
                            minAgeMs: number;
                            tags: {
                                /** @enum {string} */
                                kind: "same-tag";
                            } | {
                                /** @enum {string} */
                                kind: "semver";
                                range: string;
                            } | {
                                /** @enum {string} */
                                kind: "glob";
                                pattern: string;
                            } | {
                                /** @enum {string} */
                                kind: "regex";
                                pattern: string;
                            };
                            window: {
                                fromMinute: number;
                                toMinute: number;
                            } | null;
                        };
                        /** @enum {string} */
                        balance: "roundrobin" | "leastconn";
                        build: {
                            args: {
                                [key: string]: string;
                            };
                            context: string;
                            dockerfile: string;
                            options?: {
                                cacheFrom?: string[];
                                extraHosts?: string[];
                                inline?: string;
                                labels?: {
                                    [key: string]: string;
                                };
                                network?: string;
                                noCache?: boolean;
                                pull?: boolean;
                                shmSizeBytes?: number;
                                ulimits?: {
                                    [key: string]: {
                                        hard: number;
                                        soft: number;
                                    };
                                };
                            };
                            target: string | null;
                        } | null;
                        capAdd: string[];
                        capDrop: string[];
                        command: string[] | null;
                        container?: {
                            annotations?: {
                                [key: string]: string;
                            };
                            blkio?: {
                                readBps: {
                                    path: string;
                                    rate: number;
                                }[];
                                readIops: {
                                    path: string;
                                    rate: number;
                                }[];
                                weight: number;
                                weightDevices: {
                                    path: string;
                                    weight: number;
                                }[];
                                writeBps: {
                                    path: string;
                                    rate: number;
                                }[];
                                writeIops: {
                                    path: string;
                                    rate: number;
                                }[];
                            };
                            /** @enum {string} */
                            cgroup?: "host" | "private";
                            cgroupParent?: string;
                            cpuPeriodUs?: number;
                            cpuQuotaUs?: number;
                            cpuRealtimePeriodUs?: number;
                            cpuRealtimeRuntimeUs?: number;
                            cpuset?: string;
                            cpuShares?: number;
                            deviceCgroupRules?: string[];
                            deviceRequests?: {
                                capabilities: string[];
                                count: number;
                                driver: string;
                                ids: string[];
                                options: {
                                    [key: string]: string;
                                };
                            }[];
                            devices?: {
                                permissions: string;
                                source: string;
                                target: string;
                            }[];
                            dns?: string[];
                            dnsOptions?: string[];
                            dnsSearch?: string[];
                            domainname?: string;
                            extraHosts?: string[];
                            groupAdd?: string[];
                            /** @enum {string} */
                            ipc?: "private" | "shareable" | "host" | "none";
                            memorySwapBytes?: number;
                            memorySwappiness?: number;
                            oomKillDisable?: boolean;
                            oomScoreAdj?: number;
                            /** @enum {string} */
                            pid?: "host";
                            platform?: string;
                            privileged?: boolean;
                            runtime?: string;
                            securityOptions?: string[];
                            shmSizeBytes?: number;
                            stdinOpen?: boolean;
                            storageOptions?: {
                                [key: string]: string;
                            };
                            sysctls?: {
                                [key: string]: string;
                            };
                            tty?: boolean;
                            ulimits?: {
                                [key: string]: {
                                    hard: number;
                                    soft: number;
                                };
                            };
                            /** @enum {string} */
                            usernsMode?: "host";
                            /** @enum {string} */
                            uts?: "host";
                        };
                        context?: {
                            etc?: {
                                hosts?: string;
                                "resolv.conf"?: string;
                            };
                            files: {
                                [key: string]: string;
                            };
                            onChange: {
                                /** @enum {string} */
                                kind: "signal";
                                /** @enum {string} */
                                signal: "SIGHUP" | "SIGUSR1" | "SIGUSR2" | "SIGWINCH" | "SIGCONT";
                            } | {
                                /** @enum {string} */
                                kind: "replace";
                            } | {
                                /** @enum {string} */
                                kind: "nothing";
                            };
                            target?: string;
                        };
                        dependsOn: {
                            [key: string]: {
                                /** @enum {string} */
                                condition: "service_started" | "service_healthy" | "service_completed_successfully";
                                required: boolean;
                            };
                        };
                        domainPort: number | null;
                        domains: {
                            host: string;
                            path: string | null;
                            weight?: number;
                        }[];
                        drainMs: number | null;
                        entrypoint: string[] | null;
                        environment: {
                            [key: string]: string;
                        };
                        expose: number[];
                        files?: {
                            external: string | null;
                            gid: number | null;
                            key: string;
                            /** @enum {string} */
                            kind: "secret" | "config";
                            mode: number | null;
                            target: string;
                            uid: number | null;
                            version: string | null;
                        }[];
                        healthcheck: {
                            disable: boolean;
                            intervalMs: number;
                            retries: number;
                            startIntervalMs: number | null;
                            startPeriodMs: number;
                            test: string[];
                            timeoutMs: number;
                        } | null;
                        holdMs: number | null;
                        hostname: string | null;
                        image: string;
                        /** @enum {string} */
                        immutable?: "enforce" | "off";
                        init: boolean;
                        keep?: number;
                        labels: {
                            [key: string]: string;
                        };
                        logging: {
                            driver: string;
                            options: {
                                [key: string]: string;
                            };
                        } | null;
                        maxAgeMs?: number;
                        minReadyMs: number;
                        mounts: {
                            createHostPath: boolean;
                            /** @enum {boolean} */
                            fromImage?: true;
                            /** @enum {string} */
                            kind: "volume" | "bind";
                            noCopy?: boolean;
                            /** @enum {string} */
                            propagation?: "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave";
                            readOnly: boolean;
                            source: string | null;
                            subpath?: string;
                            target: string;
                        }[];
                        networkMode: ("none" | "host") | null;
                        networks: {
                            [key: string]: {
                                aliases: string[];
                                driverOpts?: {
                                    [key: string]: string;
                                };
                            };
                        };
                        ports: {
                            appProtocol: ("http" | "h2c" | "grpc" | "https" | "tcp") | null;
                            hostIp: string | null;
                            /** @enum {string} */
                            mode: "ingress" | "host";
                            /** @enum {string} */
                            protocol: "tcp" | "udp";
                            published: number | null;
                            target: number;
                        }[];
                        /** @enum {string} */
                        pullPolicy: "missing" | "always" | "never";
                        readOnly: boolean;
                        ready: ({
                            /** @enum {string} */
                            kind: "http";
                            path: string;
                            port: number | null;
                        } | {
                            /** @enum {string} */
                            kind: "tcp";
                            port: number | null;
                        } | {
                            /** @enum {string} */
                            kind: "healthcheck";
                        }) | null;
                        readyTimeoutMs: number;
                        replicas: number;
                        resources: {
                            memoryBytes: number;
                            memoryReservationBytes: number;
                            nanoCpus: number;
                            pids: number;
                        };
                        restart: {
                            maxAttempts: number;
                            /** @enum {string} */
                            policy: "no" | "on-failure" | "always" | "unless-stopped";
                        };
                        rollback: {
                            delayMs: number;
                            /** @enum {string} */
                            failureAction: "rollback" | "pause" | "continue";
                            maxFailureRatio: number;
                            monitorMs: number;
                            order: ("start-first" | "stop-first") | null;
                            parallelism: number;
                        };
                        rollout: {
                            delayMs: number;
                            /** @enum {string} */
                            failureAction: "rollback" | "pause" | "continue";
                            maxFailureRatio: number;
                            monitorMs: number;
                            order: ("start-first" | "stop-first") | null;
                            parallelism: number;
                        };
                        scratch?: string[];
                        sides?: {
                            cookie: string | null;
                            everyMs: number | null;
                            header: string | null;
                            preview: string | null;
                            /** @enum {string} */
                            promote: "auto" | "manual";
                            size: number | null;
                            steps: number[];
                            warmMs: number;
                        };
                        sticky?: {
                            cookie: string;
                        };
                        stopGraceMs: number;
                        stopSignal: string | null;
                        /** @enum {string} */
                        strategy: "rolling" | "recreate" | "blue-green" | "canary";
                        timeoutMs: number;
                        tmpfs: {
                            mode: number | null;
                            options?: string[];
                            sizeBytes: number | null;
                            target: string;
                        }[];
                        user: string | null;
                        verify?: {
                            cosign: string;
                        };
                        workingDir: string | null;
                    };
                    timeoutMs: number;
                };
            };
            keep?: number;
            labels: {
                [key: string]: string;
            };
            logging: {
                driver: string;
                options: {
                    [key: string]: string;
                };
            } | null;
            maxAgeMs?: number;
            minReadyMs: number;
            mounts: {
                createHostPath: boolean;
                /** @enum {boolean} */
                fromImage?: true;
                /** @enum {string} */
                kind: "volume" | "bind";
                noCopy?: boolean;
                /** @enum {string} */
                propagation?: "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave";
                readOnly: boolean;
                source: string | null;
                subpath?: string;
                target: string;
            }[];
            networkMode: ("none" | "host") | null;
            networks: {
                [key: string]: {
                    aliases: string[];
                    driverOpts?: {
                        [key: string]: string;
                    };
                };
            };
            ports: {
                appProtocol: ("http" | "h2c" | "grpc" | "https" | "tcp") | null;
                hostIp: string | null;
                /** @enum {string} */
                mode: "ingress" | "host";
                /** @enum {string} */
                protocol: "tcp" | "udp";
                published: number | null;
                target: number;
            }[];
            /** @enum {string} */
            pullPolicy: "missing" | "always" | "never";
            readOnly: boolean;
            ready: ({
                /** @enum {string} */
                kind: "http";
                path: string;
                port: number | null;
            } | {
                /** @enum {string} */
                kind: "tcp";
                port: number | null;
            } | {
                /** @enum {string} */
                kind: "healthcheck";
            }) | null;
            readyTimeoutMs: number;
            replicas: number;
            resources: {
                memoryBytes: number;
                memoryReservationBytes: number;
                nanoCpus: number;
                pids: number;
            };
            restart: {
                maxAttempts: number;
                /** @enum {string} */
                policy: "no" | "on-failure" | "always" | "unless-stopped";
            };
            rollback: {
                delayMs: number;
                /** @enum {string} */
                failureAction: "rollback" | "pause" | "continue";
                maxFailureRatio: number;
                monitorMs: number;
                order: ("start-first" | "stop-first") | null;
                parallelism: number;
            };
            rollout: {
                delayMs: number;
                /** @enum {string} */
                failureAction: "rollback" | "pause" | "continue";
                maxFailureRatio: number;
                monitorMs: number;
                order: ("start-first" | "stop-first") | null;
                parallelism: number;
            };
            scratch?: string[];
            sides?: {
                cookie: string | null;
                everyMs: number | null;
                header: string | null;
                preview: string | null;
                /** @enum {string} */
                promote: "auto" | "manual";
                size: number | null;
                steps: number[];
                warmMs: number;
            };
            sticky?: {
                cookie: string;
            };
            stopGraceMs: number;
            stopSignal: string | null;
            /** @enum {string} */
            strategy: "rolling" | "recreate" | "blue-green" | "canary";
            timeoutMs: number;
            tmpfs: {
                mode: number | null;
                options?: string[];
                sizeBytes: number | null;
                target: string;
            }[];
            user: string | null;
            verify?: {
                cosign: string;
            };
            workingDir: string | null;
        };
        Snapshot: {
            bytes: number;
            /** @enum {string} */
            consistency: "stopped" | "frozen" | "crash";
            /** @description milliseconds since the epoch */
            createdAt: number;
            deployment: string | null;
            entries: number;
            id: string;
            /** @enum {string} */
            origin: "hand" | "before-deploy" | "import";
            rawBytes: number;
            service: string | null;
            sha256: string;
            slot: number | null;
            stack: string | null;
            version: string;
            volume: string;
            who: string;
        };
        Stack: {
            name: string;
            services: number;
            state: string;
            /** @description milliseconds since the epoch */
            updatedAt: number;
        };
        StackSpec: {
            atomic: boolean;
            name: string;
            networks: {
                [key: string]: {
                    driverOpts?: {
                        [key: string]: string;
                    };
                    external: boolean;
                    internal: boolean;
                    labels: {
                        [key: string]: string;
                    };
                    name: string;
                };
            };
            services: {
                [key: string]: components["schemas"]["ServiceSpec"];
            };
            specVersion: number;
            volumes: {
                [key: string]: {
                    driver: string;
                    driverOpts: {
                        [key: string]: string;
                    };
                    external: boolean;
                    freeze?: {
                        command: string[];
                        limitMs: number;
                        thaw: string[];
                        timeoutMs: number;
                    };
                    labels: {
                        [key: string]: string;
                    };
                    name: string;
                    shared: boolean | null;
                    snapshot?: {
                        keep: number | null;
                        maxAgeMs: number | null;
                    };
                };
            };
        };
        Step: {
            /** @description milliseconds since the epoch */
            at: number;
            because: string;
            do: string;
            instance: string | null;
        };
        Suggestion: {
            image: string[];
            instances: number;
            lines: string[];
            scratch: string[];
            service: string;
            stack: string;
            volumes: string[];
        };
        Token: {
            /** @description milliseconds since the epoch */
            createdAt: number;
            expiresAt: number | null;
            name: string;
            /** @enum {string} */
            role: "read" | "deploy" | "admin";
            scope: string[] | null;
            usedAt: number | null;
            who: string;
        };
        TokenMade: {
            secret: string;
            token: components["schemas"]["Token"];
            url: string | null;
        };
        Trigger: {
            anyTag: boolean;
            body: boolean;
            by: number;
            calls: {
                accepted: number;
                refused: number;
            };
            /** @description milliseconds since the epoch */
            createdAt: number;
            hmac: boolean;
            id: string;
            /** @enum {string} */
            kind: "redeploy" | "scale-up";
            last: {
                /** @description milliseconds since the epoch */
                at: number;
                /** @enum {string} */
                outcome: "accepted" | "replayed" | "refused";
                reason: string;
            } | null;
            most: number;
            name: string | null;
            service: string;
            stack: string;
            who: string;
        };
        TriggerAnswer: {
            accepted: boolean;
            deployment: string | null;
            pending: boolean;
            reason: string;
            replayed: boolean;
            service: string;
            stack: string;
            trigger: string;
        };
        TriggerMade: {
            hmacKey: string | null;
            path: string;
            trigger: components["schemas"]["Trigger"];
            url: string | null;
        };
        Up: {
            deployments: components["schemas"]["Deployment"][];
            kept: string[];
            notices: components["schemas"]["Notice"][];
        };
        UpRequest: {
            acceptVolumes?: string[];
            adopt?: boolean;
            built: {
                [key: string]: string;
            };
            contents?: {
                [key: string]: {
                    base64: string;
                    executable: boolean;
                };
            };
            forceFile: boolean;
            notices: components["schemas"]["Notice"][];
            prune: boolean;
            spec: components["schemas"]["StackSpec"];
            unpin: boolean;
            who: string;
        };
        Verification: {
            attestation: components["schemas"]["Attestation"];
            publicKey: string;
            signature: string;
        };
        Volume: {
            bytes: number | null;
            frozenSince: number | null;
            halfRestored: string | null;
            lastSnapshot: {
                /** @description milliseconds since the epoch */
                createdAt: number;
                id: string;
            } | null;
            name: string;
            orphan: boolean;
            ours: boolean;
            snapshots: number;
            stack: string | null;
            users: {
                container: string;
                readOnly: boolean;
                running: boolean;
                service: string | null;
            }[];
            work: string | null;
        };
        Watch: {
            candidate: {
                digest: string;
                from: string;
                /** @description milliseconds since the epoch */
                seenAt: number;
                tag: string;
            } | null;
            everyMs: number;
            lookedAt: number | null;
            nextLookAt: number | null;
            reason: string;
            service: string;
            stack: string;
            /** @enum {string} */
            state: "up-to-date" | "deploying" | "waiting-for-approval" | "waiting-for-age" | "waiting-for-window" | "waiting" | "failed-before" | "pinned" | "stopped" | "nothing-to-watch" | "trouble" | "not-looked-yet";
            watches: string;
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
    audit: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    heads: {
                        hash: string;
                        seq: number;
                        signature: string;
                    }[];
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Audit"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    backup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zstd": string;
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zstd": components["schemas"]["Failure"];
                };
            };
        };
    };
    build: {
        parameters: {
            query: {
                dockerfile: string;
                push?: string;
                service: string;
                stack: string;
                target?: string;
            };
            header?: {
                "instar-build-args"?: string;
                "instar-build-options"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": {
                        image: string;
                        pushed?: {
                            digest: string;
                            reference: string;
                        };
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["Failure"];
                };
            };
        };
    };
    configs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        configs: components["schemas"]["Secret"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    setConfig: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretSet"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    removeConfig: {
        parameters: {
            query: {
                /** @description although services name it */
                force: boolean;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretRemoved"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    deployment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deployment: components["schemas"]["Deployment"];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    abort: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deployments: components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    pause: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deployments: components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    promote: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deployments: components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    resume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deployments: components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    doctor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Doctor"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    drift: {
        parameters: {
            query?: {
                service?: string;
                stack?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Drift"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    events: {
        parameters: {
            query?: {
                after?: number;
                limit?: number;
                service?: string;
                stack?: string;
            };
            header?: {
                "last-event-id"?: number;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        events: components["schemas"]["Event"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    exec: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    columns: number | null;
                    command: string[];
                    reason: string;
                    rows: number | null;
                    target: string;
                    tty: boolean;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        instance: string;
                        service: string;
                        stack: string;
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    execRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": components["schemas"]["Failure"];
                };
            };
        };
    };
    execSize: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    columns: number;
                    rows: number;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        ok: boolean;
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    find: {
        parameters: {
            query: {
                name: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        service: string;
                        stack: string;
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    images: {
        parameters: {
            query?: {
                service?: string;
                stack?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        images: components["schemas"]["RevisionImage"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    prune: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default false */
                    dryRun: boolean;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Prune"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    instances: {
        parameters: {
            query?: {
                service?: string;
                stack?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        instances: components["schemas"]["Instance"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    exportLayer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": unknown;
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": components["schemas"]["Failure"];
                };
            };
        };
    };
    notice: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    digest: string | null;
                    registry: string;
                    repository: string;
                    tag: string | null;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        reactions: components["schemas"]["Reaction"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    plan: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpRequest"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    finishAdoption: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        containers: string[];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    undoAdoption: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        containers: string[];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    replaceRouter: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    secrets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        secrets: components["schemas"]["Secret"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    setSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretSet"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    removeSecret: {
        parameters: {
            query: {
                /** @description although services name it */
                force: boolean;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretRemoved"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    services: {
        parameters: {
            query?: {
                stack?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        services: components["schemas"]["Service"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    snapshots: {
        parameters: {
            query?: {
                volume?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        snapshots: components["schemas"]["Snapshot"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    createSnapshot: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description a volume's name, or a service's */
                    name: string;
                    /**
                     * @description even while a writer runs
                     * @default false
                     */
                    running: boolean;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": {
                        snapshots: components["schemas"]["Snapshot"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["Failure"];
                };
            };
        };
    };
    removeSnapshot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        removed: string;
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    exportSnapshot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zstd": string;
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zstd": components["schemas"]["Failure"];
                };
            };
        };
    };
    restoreSnapshot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": {
                        snapshots: components["schemas"]["Snapshot"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["Failure"];
                };
            };
        };
    };
    verifySnapshot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": {
                        snapshots: components["schemas"]["Snapshot"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["Failure"];
                };
            };
        };
    };
    importSnapshot: {
        parameters: {
            query: {
                stack?: string;
                volume: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": {
                        snapshots: components["schemas"]["Snapshot"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["Failure"];
                };
            };
        };
    };
    stacks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        stacks: components["schemas"]["Stack"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    down: {
        parameters: {
            query: {
                volumes: boolean;
            };
            header?: never;
            path: {
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Down"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    approve: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reaction"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    deploy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    from?: {
                        service: string;
                        stack: string;
                    };
                    image?: string;
                    /** @enum {string} */
                    strategy?: "rolling" | "recreate" | "blue-green" | "canary";
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deployments: components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    diff: {
        parameters: {
            query: {
                a: number;
                b: number;
            };
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        changes: {
                            after: string | null;
                            before: string | null;
                            path: string;
                        }[];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    heal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    keepMs: number | null;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deployments: components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    history: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["History"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    logs: {
        parameters: {
            query: {
                follow: boolean;
                tail?: number;
            };
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": {
                        at: number;
                        instance: string;
                        stream: string;
                        text: string;
                    };
                    "text/event-stream": {
                        at: number;
                        instance: string;
                        stream: string;
                        text: string;
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["Failure"];
                    "text/event-stream": components["schemas"]["Failure"];
                };
            };
        };
    };
    recycle: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deployments: components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    redeploy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deployments: components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    rollback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data?: boolean;
                    to: number | null;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deployments: components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    scale: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    replicas: number;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deployments: components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    split: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    shares: {
                        percent: number;
                        revision: number;
                    }[];
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deployments: components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    start: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deployments: components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    stop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        deployments: components["schemas"]["Deployment"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    suggest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Suggestion"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    createTrigger: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    anyTag: boolean;
                    body: boolean;
                    by: number;
                    hmac: boolean;
                    /** @enum {string} */
                    kind: "redeploy" | "scale-up";
                    most: number;
                    name: string | null;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriggerMade"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    unpin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: string;
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    timings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        eventToStepMs: number[];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    tokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        tokens: components["schemas"]["Token"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    expiresInMs: number | null;
                    name: string;
                    /** @enum {string} */
                    role: "read" | "deploy" | "admin";
                    scope: string[] | null;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenMade"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    removeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        removed: string;
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    triggers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        triggers: components["schemas"]["Trigger"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    removeTrigger: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        removed: string;
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    up: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpRequest"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Up"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    verify: {
        parameters: {
            query?: {
                service?: string;
                stack?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verification"];
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    verifyKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        publicKey: string;
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    version: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        version: string;
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    volumes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        volumes: components["schemas"]["Volume"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    removeVolume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        removed: string;
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    watch: {
        parameters: {
            query?: {
                stack?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        watches: components["schemas"]["Watch"][];
                    };
                };
            };
            /** @description Default Response */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
}
