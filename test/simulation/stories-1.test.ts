import { lawsHold, STORIES } from "./suite.ts";

lawsHold(1, STORIES);
