/** Decodes large trees and searches all of them, off the main thread. */
import type { TreeShape } from "../flame/model.ts";
import { compile, searchTree } from "../flame/search.ts";
import { decodeProfile } from "./profile.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";

let shape: TreeShape | undefined;

const reply = (message: FromWorker, transfer: Transferable[] = []) => self.postMessage(message, { transfer });

function decode({ id, bytes }: ToWorker & { kind: "decode" }): void {
    const profile = decodeProfile(bytes);
    const { tree, table, colours } = profile;
    shape = { ...tree, first: tree.first.slice(), parent: tree.parent.slice() };
    shape = { ...shape, name: tree.name.slice(), total: tree.total.slice(), dropped: tree.dropped.slice() };
    const columns = [tree.first, tree.parent, tree.name, tree.self, tree.total, tree.x, tree.levels, tree.dropped];
    const sums = [table.self, table.total, table.functions, colours];
    reply(
        { id, kind: "decoded", profile },
        [...columns, ...sums].map((column) => column.buffer as ArrayBuffer),
    );
}

function search({ id, pattern }: ToWorker & { kind: "search" }): void {
    const compiled = compile(pattern);
    if (shape && compiled) reply({ id, kind: "found", found: searchTree(shape, compiled) });
}

self.onmessage = ({ data: message }: MessageEvent<ToWorker>) => {
    try {
        if (message.kind === "decode") decode(message);
        else if (message.kind === "search") search(message);
        else shape = message.shape;
    } catch (error) {
        reply({ id: message.id, kind: "failed", message: (error as Error).message });
    }
};
