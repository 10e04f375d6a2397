/** Random trees for the tests, and the same trees as plain objects to compare with. */
import type { FlameTree } from "../src/flame/model.ts";

export interface Plain {
    name: string;
    self: number;
    dropped: boolean;
    children: Plain[];
}

/** A small generator with a seed, so that a failure comes back. */
export function random(seed: number): () => number {
    let state = seed;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let bits = Math.imul(state ^ (state >>> 15), 1 | state);
        bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
        return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
    };
}

export const totalOf = (node: Plain): number => node.children.reduce((sum, child) => sum + totalOf(child), node.self);

export function grow(next: () => number, names: string[], deepest: number, widest: number): Plain {
    const make = (name: string, depth: number): Plain => {
        const wanted = depth === 0 ? 0 : Math.floor(next() ** 2 * (widest + 1));
        const picked = new Set(Array.from({ length: wanted }, () => names[Math.floor(next() * names.length)]!));
        const children = [...picked].map((child) => make(child, depth - 1));
        if (children.length > 0 && next() < 0.2) {
            children.push({ name: "other", self: 1 + Math.floor(next() * 500), dropped: true, children: [] });
        }
        return { name, self: next() < 0.3 ? 0 : Math.floor(next() ** 4 * 1000), dropped: false, children };
    };
    return { ...make("total", deepest), self: 0 };
}

/** The columns of a plain tree, laid out independently of the decoder. */
export function flatten(root: Plain): FlameTree {
    const order = (a: Plain, b: Plain) =>
        Number(a.dropped) - Number(b.dropped) || totalOf(b) - totalOf(a) || (a.name < b.name ? -1 : 1);
    const nodes: { plain: Plain; parent: number; level: number; first: number; x: number }[] = [];
    nodes.push({ plain: root, parent: 0, level: 0, first: 0, x: 0 });
    for (let i = 0; i < nodes.length; i++) {
        const { plain, level, x } = nodes[i]!;
        nodes[i]!.first = nodes.length;
        let at = x;
        for (const child of [...plain.children].sort(order)) {
            nodes.push({ plain: child, parent: i, level: level + 1, first: 0, x: at });
            at += totalOf(child);
        }
    }
    const names = [...new Set(nodes.map(({ plain }) => plain.name))];
    const levels = [...new Set(nodes.map(({ level }) => level))];
    const dropped = new Uint8Array(Math.ceil(nodes.length / 8));
    nodes.forEach(({ plain }, i) => {
        if (plain.dropped) dropped[i >> 3]! |= 1 << (i & 7);
    });
    return {
        count: nodes.length,
        first: Uint32Array.from([...nodes.map((node) => node.first), nodes.length]),
        parent: Uint32Array.from(nodes, (node) => node.parent),
        name: Uint32Array.from(nodes, ({ plain }) => names.indexOf(plain.name)),
        self: Float64Array.from(nodes, ({ plain }) => plain.self),
        total: Float64Array.from(nodes, ({ plain }) => totalOf(plain)),
        x: Float64Array.from(nodes, (node) => node.x),
        levels: Uint32Array.from([
            ...levels.map((level) => nodes.findIndex((node) => node.level === level)),
            nodes.length,
        ]),
        dropped,
        names,
    };
}
