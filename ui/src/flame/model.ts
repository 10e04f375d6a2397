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

/** 53 bits: the hash of the path up to the parent, mixed with a name. */
function mix(hash: number, name: string): number {
    let low = hash >>> 0 || 0x811c9dc5;
    let high = Math.floor(hash / 2 ** 32) || 0x1b873593;
    for (let i = 0; i < name.length; i++) {
        const code = name.charCodeAt(i);
        low = Math.imul(low ^ code, 0x01000193);
        high = Math.imul(high ^ code, 0x85ebca6b) ^ (low >>> 15);
    }
    return ((high & 0x1fffff) >>> 0) * 2 ** 32 + (Math.imul(low ^ (low >>> 13), 0xc2b2ae35) >>> 0);
}

/** Names a node by its path, the same in any answer that has the path. Empty for the root. */
export function pathKey(tree: FlameTree, node: number): string {
    if (node === 0) return "";
    let hash = 0;
    for (const at of pathTo(tree, node).slice(1)) hash = mix(hash, tree.names[tree.name[at]!]!);
    return hash.toString(36);
}

/** The node of that path; 0 if this tree has none. Only called when a link or a refresh brings a key along. */
export function findPath(tree: FlameTree, key: string): number {
    if (key === "") return 0;
    const wanted = parseInt(key, 36);
    const hashes = new Float64Array(tree.count);
    for (let node = 1; node < tree.count; node++) {
        const hash = mix(hashes[tree.parent[node]!]!, tree.names[tree.name[node]!]!);
        if (hash === wanted && !isDropped(tree, node)) return node;
        hashes[node] = hash;
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
