/**
 * A call tree as columns. Nodes are in level order: the children of node i are first[i] .. first[i + 1] - 1, so a
 * parent comes before its children and a level is one range. Node 0 is the root, `total`.
 */
export interface FlameTree {
    count: number;
    /** count + 1 entries. */
    first: Uint32Array;
    parent: Uint32Array;
    /** Index into names. */
    name: Uint32Array;
    /** Values in the unit of the profile type; exact up to 2^53. */
    self: Float64Array;
    total: Float64Array;
    /** Where a node starts, as a value: children are packed from their parent's left edge on. */
    x: Float64Array;
    /** First node of each level, and count at the end. */
    levels: Uint32Array;
    /** Bit i & 7 of byte i >> 3: node i stands for siblings that were left out. Empty if there are none. */
    dropped: Uint8Array;
    names: string[];
}

/** What searching needs of a tree. */
export type TreeShape = Pick<FlameTree, "count" | "first" | "parent" | "name" | "total" | "dropped" | "names">;

export const isDropped = (tree: Pick<FlameTree, "dropped">, node: number): boolean =>
    ((tree.dropped[node >> 3] ?? 0) & (1 << (node & 7))) !== 0;

export const depth = (tree: FlameTree): number => tree.levels.length - 1;

/** The level of a node: 0 for the root. */
export function levelOf(tree: FlameTree, node: number): number {
    let low = 0;
    let high = depth(tree) - 1;
    while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (tree.levels[middle]! <= node) low = middle;
        else high = middle - 1;
    }
    return low;
}

/** From the root to the node, both included. */
export function pathTo(tree: FlameTree, node: number): number[] {
    const path = [node];
    for (let at = node; at !== 0; path.push(at)) at = tree.parent[at]!;
    return path.reverse();
}

const prime = 0x01000193;

/** Two hashes of 32 bits of each name, one after the other. */
function hashNames(names: string[]): Int32Array {
    const hashes = new Int32Array(2 * names.length);
    names.forEach((name, id) => {
        let [a, b] = [0x811c9dc5, 0x1b873593];
        for (let i = 0; i < name.length; i++) {
            const code = name.charCodeAt(i);
            a = Math.imul(a ^ code, prime);
            b = Math.imul(b ^ code, 0x85ebca6b) ^ (b >>> 15);
        }
        hashes[2 * id] = a;
        hashes[2 * id + 1] = b;
    });
    return hashes;
}

/** The hash of a path from that of its parent and that of the last name. */
const step = (path: number, name: number): number => {
    const mixed = Math.imul(path ^ (path >>> 13) ^ name, 0xc2b2ae35);
    return mixed ^ (mixed >>> 16);
};

const keyOf = (a: number, b: number): string => (a >>> 0).toString(36).padStart(7, "0") + (b >>> 0).toString(36);

/** Names a node by its path, the same in any answer that has the path. Empty for the root. */
export function pathKey(tree: FlameTree, node: number): string {
    if (node === 0) return "";
    const path = pathTo(tree, node).slice(1);
    const hashes = hashNames(path.map((at) => tree.names[tree.name[at]!]!));
    let [a, b] = [0, 0];
    for (let i = 0; i < path.length; i++) [a, b] = [step(a, hashes[2 * i]!), step(b, hashes[2 * i + 1]!)];
    return keyOf(a, b);
}

/** The node of that path; 0 if this tree has none. Only called when a link or a refresh brings a key along. */
export function findPath(tree: FlameTree, key: string): number {
    if (key === "") return 0;
    const names = hashNames(tree.names);
    const [wantedA, wantedB] = [parseInt(key.slice(0, 7), 36) | 0, parseInt(key.slice(7), 36) | 0];
    const paths = new Int32Array(2 * tree.count);
    for (let node = 1; node < tree.count; node++) {
        const parent = 2 * tree.parent[node]!;
        const name = 2 * tree.name[node]!;
        const a = step(paths[parent]!, names[name]!);
        const b = step(paths[parent + 1]!, names[name + 1]!);
        if (a === wantedA && b === wantedB && !isDropped(tree, node)) return node;
        paths[2 * node] = a;
        paths[2 * node + 1] = b;
    }
    return 0;
}

/** The part of the values that is on the screen. */
export interface Window {
    from: number;
    to: number;
}

/** A zoom: a node, and of its width the part between two shares. */
export interface Zoom {
    node: number;
    low: number;
    high: number;
}

export const whole: Zoom = { node: 0, low: 0, high: 1 };

export function windowOf(tree: FlameTree, zoom: Zoom): Window {
    const [x, total] = [tree.x[zoom.node]!, tree.total[zoom.node]!];
    return { from: x + total * zoom.low, to: x + total * zoom.high };
}

/** Zooms by `factor` (below 1: closer) around a share of the visible width, within the node. */
export function zoomAround(zoom: Zoom, share: number, factor: number): Zoom {
    const width = zoom.high - zoom.low;
    const next = Math.min(1, Math.max(1e-6, width * factor));
    return clampZoom(zoom, zoom.low + share * (width - next), next);
}

/** Moves by a share of the visible width. */
export const pan = (zoom: Zoom, share: number): Zoom => {
    const width = zoom.high - zoom.low;
    return clampZoom(zoom, zoom.low + share * width, width);
};

function clampZoom(zoom: Zoom, low: number, width: number): Zoom {
    const inside = Math.min(1 - width, Math.max(0, low));
    return { node: zoom.node, low: inside, high: inside + width };
}

/** The part of the width as the URL has it: `0.25..0.5`, empty for all of it. */
export const formatPart = ({ low, high }: Zoom): string =>
    low === 0 && high === 1 ? "" : `${Number(low.toPrecision(9))}..${Number(high.toPrecision(9))}`;

export function parsePart(node: number, text: string): Zoom {
    const [low = NaN, high = NaN] = text.split("..").map(Number);
    return low >= 0 && high <= 1 && low < high ? { node, low, high } : { node, low: 0, high: 1 };
}
