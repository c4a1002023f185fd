import { engineConformance } from "../conformance/engine.ts";
import { dockerWorld } from "./docker-world.ts";

engineConformance("dockerd", () => dockerWorld("conf-engine", 200));
