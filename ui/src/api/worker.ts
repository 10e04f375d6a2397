/** Fetches and decodes trees and searches them, off the main thread. */
import { colourOf } from "../flame/colour.ts";
import { functionTable } from "../flame/functions.ts";
import type { TreeShape } from "../flame/model.ts";
import { compile, searchTree } from "../flame/search.ts";
import { ApiError, isAbort, request } from "./client.ts";
import type { FromWorker, Profile, ToWorker } from "./protocol.ts";
import { decodeTree } from "./tree.ts";

let shape: TreeShape | undefined;
let loading: AbortController | undefined;

const reply = (message: FromWorker, transfer: Transferable[] = []) => self.postMessage(message, { transfer });

async function load({ id, caller, path }: ToWorker & { kind: "load" }): Promise<void> {
    loading?.abort();
    const { signal } = (loading = new AbortController());
    const answer = await request(caller, path, { signal });
    const tree = decodeTree(new Uint8Array(await answer.arrayBuffer()));
    if (signal.aborted) return;
    const table = functionTable(tree);
    const profile: Profile = { tree, table, colours: Uint8Array.from(tree.names, colourOf) };
    shape = { ...tree, first: tree.first.slice(), parent: tree.parent.slice() };
    shape = { ...shape, name: tree.name.slice(), total: tree.total.slice(), dropped: tree.dropped.slice() };
    const columns = [tree.first, tree.parent, tree.name, tree.self, tree.total, tree.x, tree.levels, tree.dropped];
    const sums = [table.self, table.total, table.functions, profile.colours];
    reply(
        { id, kind: "loaded", profile },
        [...columns, ...sums].map((column) => column.buffer as ArrayBuffer),
    );
}

function search({ id, pattern }: ToWorker & { kind: "search" }): void {
    const compiled = compile(pattern);
    if (shape && compiled) reply({ id, kind: "found", found: searchTree(shape, compiled) });
}

async function handle(message: ToWorker): Promise<void> {
    try {
        if (message.kind === "load") await load(message);
        else if (message.kind === "search") search(message);
        else shape = message.shape;
    } catch (error) {
        if (isAbort(error)) return;
        const code = error instanceof ApiError ? error.code : "internal";
        reply({ id: message.id, kind: "failed", code, message: (error as Error).message });
    }
}

self.onmessage = (event: MessageEvent<ToWorker>) => void handle(event.data);
