import { Type } from "typebox";
import type {
  DeploymentView,
  DoctorView,
  DownView,
  EventView,
  Evidence,
  HistoryView,
  InstanceView,
  PlanView,
  RevisionView,
  ServicePlan,
  ServiceView,
  StackView,
  StepRecord,
  UpRequest,
  UpView,
} from "../reconcile/control.ts";
import type { Project } from "../reconcile/project.ts";
import { JobModel } from "./jobs-models.ts";
import { closed, count, dictionary, ImageReference, model, nullable, oneOf } from "./model.ts";
import { CourseModel } from "./side-models.ts";
import { NoticeModel, ServiceSpecModel, StackSpecModel } from "./spec-models.ts";

const text = Type.String();
const texts = Type.Array(text);
/** Milliseconds since the epoch. */
const instant = Type.Integer({ description: "milliseconds since the epoch" });
const change = { path: text, before: nullable(text), after: nullable(text) };

export interface Failure {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly at?: { readonly file: string; readonly line: number; readonly column: number };
  };
}

export const FailureModel = model<Failure>()(
  "Failure",
  Type.Object({
    error: Type.Object({
      code: text,
      message: text,
      hint: text,
      at: Type.Optional(Type.Object({ file: text, line: count, column: count })),
    }),
  }),
  true,
);

const Step = model<StepRecord>()("Step", Type.Object({ at: instant, do: text, instance: nullable(text), because: text }), true);

const EvidenceModel = model<Evidence>()(
  "Evidence",
  Type.Object({ instance: text, exitCode: nullable(Type.Integer()), reason: text, log: texts }),
  true,
);

export const Deployment = model<DeploymentView>()(
  "Deployment",
  Type.Object({
    id: text,
    stack: text,
    service: text,
    from: nullable(Type.Integer()),
    to: Type.Integer(),
    strategy: text,
    cause: Type.Object({
      kind: oneOf(
        "up",
        "deploy",
        "redeploy",
        "rollback",
        "scale",
        "recycle",
        "split",
        "trigger",
        "autoredeploy",
        "drift",
        "max-age",
        "context",
        "crash",
      ),
      who: text,
    }),
    outcome: oneOf("succeeded", "rolled-back", "failed", "superseded", "aborted", "running", "paused", "unchanged"),
    reason: nullable(text),
    startedAt: instant,
    endedAt: nullable(instant),
    seconds: Type.Number(),
    steps: Type.Array(Step),
    evidence: nullable(EvidenceModel),
    pauses: Type.Array(Type.Object({ from: instant, ms: Type.Integer() })),
    group: Type.Optional(text),
    jobs: Type.Optional(Type.Array(JobModel)),
    course: Type.Optional(CourseModel),

    promoted: Type.Optional(Type.Object({ stack: text, service: text, revision: Type.Integer() })),
  }),
  true,
);

export const Instance = model<InstanceView>()(
  "Instance",
  Type.Object({
    id: text,
    name: text,
    stack: text,
    service: text,
    revision: Type.Integer(),
    slot: Type.Integer(),
    image: text,
    digest: text,
    phase: oneOf("starting", "ready", "serving", "draining", "stopped", "failed", "quarantined", "evidence"),
    weight: Type.Integer({ description: "0 to 256" }),
    drift: oneOf("none", "tainted", "changed", "worn", "foreign", "unwatched"),
    address: text,
    createdAt: instant,
  }),
  true,
);

export const Service = model<ServiceView>()(
  "Service",
  Type.Object({
    stack: text,
    service: text,
    revision: Type.Integer(),
    image: text,
    digest: text,
    replicas: Type.Object({ wanted: Type.Integer(), serving: Type.Integer() }),
    ports: Type.Array(Type.Object({ published: Type.Integer(), target: Type.Integer(), protocol: text })),
    domains: texts,
    shares: Type.Optional(
      Type.Array(
        Type.Object({
          domain: text,
          weight: Type.Integer({ description: "1 to 10,000" }),
          share: Type.Integer({ description: "hundredths of a percent" }),
          now: Type.Integer({ description: "hundredths of a percent" }),
        }),
      ),
    ),
    state: oneOf("running", "deploying", "stopped", "failed", "degraded", "completed"),
    pinned: Type.Boolean(),
    deployment: nullable(text),
  }),
  true,
);

export const Stack = model<StackView>()(
  "Stack",
  Type.Object({ name: text, services: Type.Integer(), state: text, updatedAt: instant }),
  true,
);

const Revision = model<RevisionView>()(
  "Revision",
  Type.Object({
    number: Type.Integer(),
    image: text,
    digest: text,
    instanceHash: text,
    revisionHash: text,
    createdAt: instant,
    who: text,
    why: text,
    current: Type.Boolean(),
    spec: ServiceSpecModel,
  }),
  true,
);

export const History = model<HistoryView>()(
  "History",
  Type.Object({ deployments: Type.Array(Deployment), revisions: Type.Array(Revision) }),
  true,
);

export const UpBody = model<UpRequest>()(
  "UpRequest",
  closed({
    spec: StackSpecModel,
    notices: Type.Array(NoticeModel, { maxItems: 10_000 }),
    who: Type.String({ maxLength: 128 }),
    prune: Type.Boolean(),
    unpin: Type.Boolean(),
    forceFile: Type.Boolean(),
    acceptVolumes: Type.Optional(Type.Array(text)),
    adopt: Type.Optional(Type.Boolean()),
    built: dictionary(ImageReference),
    contents: Type.Optional(dictionary(closed({ base64: Type.String({ maxLength: 1_400_000 }), executable: Type.Boolean() }))),
  }),
  true,
);

const ServicePlanModel = model<ServicePlan>()(
  "ServicePlan",
  Type.Object({
    stack: text,
    service: text,
    action: oneOf("create", "replace", "update", "scale", "none", "remove", "pinned", "orphaned"),
    from: nullable(Type.Integer()),
    to: nullable(Type.Integer()),
    changes: Type.Array(Type.Object({ ...change, replaces: Type.Boolean() })),
    steps: Type.Array(Type.Object({ do: text, instance: nullable(text), because: text })),
    kept: texts,
    rollout: nullable(text),
    extraContainers: count,
    pause: nullable(text),
    takesOver: nullable(Type.Object({ containers: texts, volumes: texts })),
  }),
  true,
);

export const ProjectModel = model<Project>()(
  "Project",
  Type.Object({
    name: text,
    files: texts,
    folder: nullable(text),
    containers: Type.Array(
      Type.Object({
        ...{ id: text, name: text, service: text, number: count, running: Type.Boolean(), image: text, stopGraceMs: count },
        restart: Type.Object({ name: text, maxAttempts: count }),
        ports: Type.Array(count),
        mounts: Type.Array(Type.Object({ kind: oneOf("volume", "bind"), source: text, target: text, readOnly: Type.Boolean() })),
        networks: texts,
      }),
    ),
  }),
  true,
);

export const PlanModel = model<PlanView>()(
  "Plan",
  Type.Object({ stack: text, changed: Type.Boolean(), services: Type.Array(ServicePlanModel), notices: Type.Array(NoticeModel) }),
  true,
);

export const Up = model<UpView>()(
  "Up",
  Type.Object({ deployments: Type.Array(Deployment), notices: Type.Array(NoticeModel), kept: texts }),
  true,
);

export const Event = model<EventView>()(
  "Event",
  Type.Object({
    seq: Type.Integer(),
    at: instant,
    kind: text,
    stack: nullable(text),
    service: nullable(text),
    instance: nullable(text),
    deployment: nullable(text),
    message: text,
  }),
  true,
);

export const Doctor = model<DoctorView>()(
  "Doctor",
  Type.Object({
    checks: Type.Array(Type.Object({ name: text, state: oneOf("ok", "warn", "fail"), message: text, hint: nullable(text) })),
  }),
  true,
);

export const Down = model<DownView>()("Down", Type.Object({ removed: texts, keptVolumes: texts, removedVolumes: texts }), true);

export const Changes = Type.Object({ changes: Type.Array(Type.Object(change)) });
