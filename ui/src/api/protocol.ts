/** What the page and its worker say to each other. */
import type { FunctionTable } from "../flame/functions.ts";
import type { FlameTree, TreeShape } from "../flame/model.ts";
import type { Found } from "../flame/search.ts";
import type { Caller } from "./client.ts";

/** A decoded answer. */
export interface Profile {
    tree: FlameTree;
    table: FunctionTable;
    /** Colour numbers by name id. */
    colours: Uint8Array;
}

export type ToWorker = { id: number } & (
    | { kind: "load"; caller: Caller; path: string }
    | { kind: "search"; pattern: string }
    /** After a search that would not end: a new worker gets the tree that is on the screen. */
    | { kind: "adopt"; shape: TreeShape }
);

export type FromWorker = { id: number } & (
    | { kind: "loaded"; profile: Profile }
    | { kind: "found"; found: Found }
    | { kind: "failed"; code: string; message: string }
);
