/** What the page and its worker say to each other. */
import type { TreeShape } from "../flame/model.ts";
import type { Found } from "../flame/search.ts";
import type { Profile } from "./profile.ts";

export type ToWorker = { id: number } & (
    | { kind: "decode"; bytes: ArrayBuffer }
    | { kind: "search"; pattern: string }
    /** A tree to search that this worker did not decode. */
    | { kind: "adopt"; shape: TreeShape }
);

export type FromWorker = { id: number } & (
    { kind: "decoded"; profile: Profile } | { kind: "found"; found: Found } | { kind: "failed"; message: string }
);
