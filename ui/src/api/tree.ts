/** Decoder of `application/x-flame-tree`: docs/flame-tree.md. Any bytes give a sound tree or a BadTree error. */
import type { FlameTree } from "../flame/model.ts";

export class BadTree extends Error {
    constructor(what: string) {
        super(`The answer is no flame tree: ${what}`);
    }
}

const headerSize = 64;
const trimmed = 1;

interface Header {
    flags: number;
    count: number;
    nameCount: number;
    scale: number;
    sections: Uint8Array[];
}

function readHeader(bytes: Uint8Array): Header {
    if (bytes.length < headerSize) throw new BadTree("it is shorter than the header");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getUint32(0) !== 0x50594654) throw new BadTree("wrong magic");
    if (view.getUint16(4, true) !== 1) throw new BadTree(`version ${view.getUint16(4, true)}`);
    const sections: Uint8Array[] = [];
    let at = headerSize;
    for (let field = 24; field < 44; field += 4) {
        const size = view.getUint32(field, true);
        if (size > bytes.length - at) throw new BadTree("a section reaches beyond the end");
        sections.push(bytes.subarray(at, at + size));
        at += size;
    }
    if (at !== bytes.length) throw new BadTree("bytes after the last section");
    return {
        flags: view.getUint16(6, true),
        count: view.getUint32(8, true),
        nameCount: view.getUint32(12, true),
        scale: view.getUint32(16, true) + view.getUint32(20, true) * 2 ** 32,
        sections,
    };
}

/** The `count` varints a section holds, each below `limit`. */
function readColumn(section: Uint8Array, count: number, limit = Infinity): Float64Array {
    const values = new Float64Array(count);
    let at = 0;
    for (let index = 0; index < count; index++) {
        if (at >= section.length) throw new BadTree("a column is shorter than its nodes");
        let byte = section[at++]!;
        let value = byte & 127;
        // Multiplied, not shifted: a shift would cut at 32 bits.
        for (let weight = 128; byte & 128; weight *= 128) {
            if (at >= section.length || weight > 2 ** 56) throw new BadTree("a number is cut off or too long");
            byte = section[at++]!;
            value += (byte & 127) * weight;
        }
        if (value >= limit) throw new BadTree("a number is too large");
        values[index] = value;
    }
    if (at !== section.length) throw new BadTree("a column is longer than its nodes");
    return values;
}

function readChildren(section: Uint8Array, count: number, first: Uint32Array, parent: Uint32Array): void {
    const children = readColumn(section, count, count);
    let next = 1;
    for (let node = 0; node < count; node++) {
        const end = next + children[node]!;
        if (node >= next || end > count) throw new BadTree("the children do not add up");
        first[node] = next;
        while (next < end) parent[next++] = node;
    }
    if (next !== count) throw new BadTree("the children do not add up");
    first[count] = count;
}

function readLevels(first: Uint32Array, count: number): Uint32Array {
    const levels = [0];
    for (let end = 1; end <= count; end = first[end]!) {
        levels.push(end);
        if (end === count) break;
    }
    return Uint32Array.from(levels);
}

/** Totals from the leaves up, then positions from the root down. */
function addUp(tree: FlameTree): void {
    const { count, parent, total, x, first, self } = tree;
    total.set(self);
    for (let node = count - 1; node > 0; node--) total[parent[node]!]! += total[node]!;
    for (let node = 0; node < count; node++) {
        let at = x[node]!;
        for (let child = first[node]!, end = first[node + 1]!; child < end; child++) {
            x[child] = at;
            at += total[child]!;
        }
    }
}

export function decodeTree(bytes: Uint8Array): FlameTree {
    const { flags, count, nameCount, scale, sections } = readHeader(bytes);
    const [children, nameIds, selves, dropped, joined] = sections as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array,
    ];
    if (count === 0 || count > children.length) throw new BadTree("the count of nodes is wrong");
    if (nameCount === 0 || nameCount > count) throw new BadTree("the count of names is wrong");
    if (scale === 0) throw new BadTree("the scale is zero");
    if (dropped.length !== (flags & trimmed ? Math.ceil(count / 8) : 0))
        throw new BadTree("the bitset has a wrong size");

    const names = new TextDecoder().decode(joined).split("\0");
    if (names.length !== nameCount) throw new BadTree("the count of names is wrong");
    const tree: FlameTree = {
        count,
        first: new Uint32Array(count + 1),
        parent: new Uint32Array(count),
        name: new Uint32Array(readColumn(nameIds, count, nameCount)),
        self: readColumn(selves, count),
        total: new Float64Array(count),
        x: new Float64Array(count),
        levels: new Uint32Array(0),
        dropped: dropped.slice(),
        names,
    };
    readChildren(children, count, tree.first, tree.parent);
    tree.levels = readLevels(tree.first, count);
    if (scale !== 1) for (let node = 0; node < count; node++) tree.self[node]! *= scale;
    addUp(tree);
    return tree;
}
