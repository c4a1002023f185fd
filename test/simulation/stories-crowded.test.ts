import { CROWDED } from "./play.ts";
import { lawsHold } from "./suite.ts";

lawsHold(1, 100, CROWDED);
