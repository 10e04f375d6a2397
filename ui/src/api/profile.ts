/** An answer as the page works with it. */
import { colourOf } from "../flame/colour.ts";
import { functionTable, type FunctionTable } from "../flame/functions.ts";
import type { FlameTree } from "../flame/model.ts";
import { decodeTree } from "./tree.ts";

export interface Profile {
    tree: FlameTree;
    table: FunctionTable;
    /** Colour numbers by name id. */
    colours: Uint8Array;
}

export function decodeProfile(bytes: ArrayBuffer): Profile {
    const tree = decodeTree(new Uint8Array(bytes));
    return { tree, table: functionTable(tree), colours: Uint8Array.from(tree.names, colourOf) };
}
