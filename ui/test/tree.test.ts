import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BadTree, decodeTree } from "../src/api/tree.ts";
import { findPath, isDropped, levelOf, pathKey, pathTo } from "../src/flame/model.ts";

const golden = new URL("../../tests/golden/flame-tree/", import.meta.url);
const bytesOf = (name: string) => new Uint8Array(readFileSync(new URL(`${name}.bin`, golden)));

interface Description {
    nodes: { parent: number; name: string; self: string; total: string; dropped: boolean }[];
}

describe.each(["empty", "recursion", "dropped"])("the golden tree %s", (name) => {
    const { nodes } = JSON.parse(readFileSync(new URL(`${name}.json`, golden), "utf8")) as Description;
    const tree = decodeTree(bytesOf(name));

    it("decodes to what is described", () => {
        const decoded = Array.from({ length: tree.count }, (_, i) => ({
            parent: i === 0 ? -1 : tree.parent[i],
            name: tree.names[tree.name[i]!],
            self: tree.self[i],
            dropped: isDropped(tree, i),
        }));
        expect(decoded).toEqual(
            nodes.map((node) => ({
                parent: node.parent,
                name: node.name,
                self: Number(BigInt(node.self)),
                dropped: node.dropped,
            })),
        );
        nodes.forEach((node, i) => {
            const exact = Number(BigInt(node.total));
            expect(Math.abs(tree.total[i]! - exact)).toBeLessThanOrEqual(exact > 2 ** 53 ? exact * 2 ** -49 : 0);
        });
    });

    it("has levels, and children packed from the left within their parent", () => {
        for (let node = 1; node < tree.count; node++) {
            const parent = tree.parent[node]!;
            expect(levelOf(tree, node)).toBe(levelOf(tree, parent) + 1);
            expect(node).toBeGreaterThanOrEqual(tree.first[parent]!);
            expect(node).toBeLessThan(tree.first[parent + 1]!);
            const before = node - 1;
            const start = node === tree.first[parent] ? tree.x[parent]! : tree.x[before]! + tree.total[before]!;
            expect(tree.x[node]).toBe(start);
        }
        expect([...tree.levels]).toEqual([...tree.levels].sort((a, b) => a - b));
        expect(tree.levels.at(-1)).toBe(tree.count);
    });

    it("finds every path again by its key", () => {
        const keys = new Set<string>();
        for (let node = 0; node < tree.count; node++) {
            if (isDropped(tree, node)) continue;
            const key = pathKey(tree, node);
            expect(findPath(tree, key)).toBe(node);
            expect(pathTo(tree, node).at(-1)).toBe(node);
            keys.add(key);
        }
        expect(keys.size).toBe(nodes.filter((node) => !node.dropped).length);
        expect(findPath(tree, "nowhere")).toBe(0);
    });

    it("is refused in any shorter form, and never with another error in any damaged one", () => {
        const bytes = bytesOf(name);
        for (let length = 0; length < bytes.length; length++) {
            expect(() => decodeTree(bytes.slice(0, length))).toThrow(BadTree);
        }
        for (let bit = 0; bit < bytes.length * 8; bit++) {
            const damaged = bytes.slice();
            damaged[bit >> 3]! ^= 1 << (bit & 7);
            try {
                const read = decodeTree(damaged);
                expect(read.first[read.count]).toBe(read.count);
                expect([...read.name].every((id) => id < read.names.length)).toBe(true);
            } catch (error) {
                expect(error).toBeInstanceOf(BadTree);
            }
        }
    });
});
