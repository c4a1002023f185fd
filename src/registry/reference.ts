// Pure and needed by more than one adapter, so the grammar itself is a leaf.
export { canonicalName, familiarName, parseReference, type Reference } from "../lib/reference.ts";
