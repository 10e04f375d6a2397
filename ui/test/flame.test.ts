import { describe, expect, it } from "vitest";
import { colourCount, colourOf, packageOf, palette } from "../src/flame/colour.ts";
import { boxAt, cull, emptyBoxes, type Boxes } from "../src/flame/cull.ts";
import { functionTable } from "../src/flame/functions.ts";
import { isDropped, levelOf, pan, pathTo, whole, windowOf, zoomAround, type FlameTree } from "../src/flame/model.ts";
import { compile, searchTree, toggleRegex } from "../src/flame/search.ts";
import { flatten, grow, random, totalOf, type Plain } from "./trees.ts";

const names = ["main", "run", "Run::walk", "json.Marshal", "json.Unmarshal", "total", "other", "読む", "a.b", "GC"];
const forest = Array.from({ length: 60 }, (_, seed) => {
    const root = grow(random(seed), names, 2 + (seed % 7), 2 + (seed % 6));
    return { seed, root, tree: flatten(root) };
});

/** All stacks with their cost, root left out: the naive model. */
function stacks(root: Plain, path: Plain[] = []): { path: Plain[]; self: number }[] {
    const own = path.length > 0 ? [{ path, self: root.self }] : [];
    return [...own, ...root.children.flatMap((child) => stacks(child, [...path, child]))];
}

describe("the function table", () => {
    it.each(forest)("equals sums over all stacks, recursion once (seed $seed)", ({ root, tree }) => {
        const self = new Map<string, number>();
        const total = new Map<string, number>();
        let leftOut = 0;
        for (const stack of stacks(root)) {
            const frames = stack.path.filter((frame) => !frame.dropped).map((frame) => frame.name);
            const leaf = stack.path.at(-1)!;
            if (leaf.dropped) leftOut += stack.self;
            else self.set(leaf.name, (self.get(leaf.name) ?? 0) + stack.self);
            for (const name of new Set(frames)) total.set(name, (total.get(name) ?? 0) + stack.self);
        }
        const table = functionTable(tree);
        const functions = [...table.functions].map((id) => tree.names[id]!);
        expect(functions.sort()).toEqual([...total.keys()].sort());
        expect(table.leftOut).toBe(leftOut);
        for (const id of table.functions) {
            expect(table.total[id]).toBe(total.get(tree.names[id]!));
            expect(table.self[id]).toBe(self.get(tree.names[id]!) ?? 0);
        }
    });

    it("walks a chain of a million frames", () => {
        const count = 1_000_000;
        const tree: FlameTree = {
            count,
            first: Uint32Array.from({ length: count + 1 }, (_, i) => Math.min(i + 1, count)),
            parent: Uint32Array.from({ length: count }, (_, i) => Math.max(0, i - 1)),
            name: Uint32Array.from({ length: count }, (_, i) => (i === 0 ? 0 : 1 + (i % 2))),
            self: new Float64Array(count).fill(1),
            total: Float64Array.from({ length: count }, (_, i) => count - i),
            x: new Float64Array(count),
            levels: Uint32Array.from({ length: count + 1 }, (_, i) => i),
            dropped: new Uint8Array(0),
            names: ["total", "odd", "even"],
        };
        const table = functionTable(tree);
        expect([...table.total]).toEqual([0, count - 2, count - 1]);
    });
});

describe("search", () => {
    it.each(forest)("counts every stack with a match once (seed $seed)", ({ root, tree }) => {
        for (const query of ["main", "/^j/", "json", "/walk|読/", "total", "other", "no such"]) {
            const pattern = compile(query)!;
            const matching = (frame: Plain) => !frame.dropped && pattern.test(frame.name);
            const hit = stacks(root).filter((stack) => stack.path.some(matching));
            const found = searchTree(tree, pattern);
            expect(found.total).toBe(hit.reduce((sum, stack) => sum + stack.self, 0));
            const functions = new Set(hit.flatMap((stack) => stack.path.filter(matching).map((frame) => frame.name)));
            expect(found.functions).toBe(functions.size);

            // Hits are the outermost matching frames, from left to right.
            let right = 0;
            for (const node of found.hits) {
                const [, ...path] = pathTo(tree, node);
                const matched = path.filter((at) => !isDropped(tree, at) && found.matches[tree.name[at]!]);
                expect(matched).toEqual([node]);
                expect(tree.x[node]).toBeGreaterThanOrEqual(right);
                right = tree.x[node]! + tree.total[node]!;
            }
        }
    });

    it("takes text literally, and case as meant", () => {
        expect(compile("a.b")!.test("axb")).toBe(false);
        expect(compile("RUN")!.test("run")).toBe(false);
        expect(compile("run")!.test("RUN")).toBe(true);
        expect(compile("/a.b/")!.test("AxB")).toBe(true);
        expect(compile("/\\S+B/")!.test("a b")).toBe(false);
        expect(compile("")).toBeUndefined();
        expect(() => compile("/(/")).toThrow(SyntaxError);
        expect(toggleRegex(toggleRegex("json"))).toBe("json");
    });
});

/** Every frame at least a pixel wide whose callers all are, found by looking at all nodes. */
function naiveFrames(tree: FlameTree, from: number, to: number, width: number, root: number): Set<number> {
    const scale = width / (to - from);
    const seen = new Set<number>(pathTo(tree, root));
    for (let node = root + 1; node < tree.count; node++) {
        const wide = tree.total[node]! * scale >= 1;
        const [left, right] = [tree.x[node]!, tree.x[node]! + tree.total[node]!];
        if (seen.has(tree.parent[node]!) && tree.parent[node]! >= root && wide && right > from && left < to)
            seen.add(node);
    }
    // Callers of the root may have other children: those are beside the zoomed frame.
    return new Set([...seen].filter((node) => node <= root || pathTo(tree, node).includes(root)));
}

function checkBoxes(boxes: Boxes, width: number): void {
    for (let row = 0; row + 1 < boxes.rows.length; row++) {
        let right = 0;
        for (let box = boxes.rows[row]!; box < boxes.rows[row + 1]!; box++) {
            expect(boxes.left[box]).toBeGreaterThanOrEqual(right - 1e-3);
            expect(boxes.right[box]).toBeGreaterThanOrEqual(boxes.left[box]!);
            right = boxes.right[box]!;
            const middle = (boxes.left[box]! + right) / 2;
            if (right - boxes.left[box]! > 0.01) expect(boxAt(boxes, row, middle)).toBe(box);
        }
        expect(right).toBeLessThanOrEqual(width);
        expect(boxAt(boxes, row, right + 1)).toBe(-1);
    }
}

describe("cull", () => {
    it.each(forest.filter(({ root }) => totalOf(root) > 0))("finds what is wide enough (seed $seed)", (sample) => {
        const { seed, tree } = sample;
        const next = random(seed + 1000);
        const boxes = emptyBoxes();
        const zooms = [
            whole,
            ...Array.from({ length: 12 }, () => ({ ...whole, node: Math.floor(next() * tree.count) })),
        ];
        zooms.push(...zooms.map((zoom) => pan(zoomAround(zoom, next(), 0.3), next() - 0.5)));
        for (const zoom of zooms.filter(({ node }) => tree.total[node]! > 0)) {
            const width = 40 + Math.floor(next() * 400);
            cull(tree, zoom, width, boxes);
            checkBoxes(boxes, width);
            const frames = new Set<number>();
            for (let row = 0; row + 1 < boxes.rows.length; row++) {
                for (let box = boxes.rows[row]!; box < boxes.rows[row + 1]!; box++) {
                    const node = boxes.node[box]!;
                    expect(levelOf(tree, node)).toBe(row);
                    // A box for folded siblings may hold the dropped one alone or with others.
                    if (boxes.folded[box] === 0) frames.add(node);
                }
            }
            const { from, to } = windowOf(tree, zoom);
            const wanted = naiveFrames(tree, from, to, width, zoom.node);
            for (const node of wanted) expect(frames).toContain(node);
            for (const node of frames) {
                // Only dropped nodes may be drawn below a pixel: they end the run of their siblings.
                if (!wanted.has(node)) expect(isDropped(tree, node)).toBe(true);
            }
        }
    });

    it("looks at few nodes however many there are", () => {
        const children = Array.from({ length: 50_000 }, (_, i) => ({
            name: `f${i}`,
            self: i < 10 ? 1000 : 1,
            dropped: false,
            children: [],
        }));
        const tree = flatten({ name: "total", self: 0, dropped: false, children });
        const boxes = emptyBoxes();
        cull(tree, whole, 1000, boxes);
        expect(boxes.count).toBe(1 + 10 + 1);
        expect(boxes.folded[11]).toBe(49_990);
        // Deep inside the narrow ones they become frames.
        cull(tree, { node: 0, low: 0.5, high: 0.501 }, 1000, boxes);
        expect(boxes.count).toBeGreaterThan(50);
        expect([...boxes.folded.slice(0, boxes.count)].every((folded) => folded === 0)).toBe(true);
    });
});

describe("zoom", () => {
    it("stays within its frame and keeps the point under the cursor", () => {
        const closer = zoomAround(whole, 0.25, 0.5);
        expect(closer).toEqual({ node: 0, low: 0.125, high: 0.625 });
        expect(zoomAround(closer, 0.25, 2)).toEqual(whole);
        expect(zoomAround(closer, 1, 100)).toEqual(whole);
        expect(pan(closer, -10)).toEqual({ node: 0, low: 0, high: 0.5 });
    });
});

describe("colours", () => {
    it.each([
        ["net/http.(*conn).serve", "net/http"],
        ["github.com/a/b.v2/json.Marshal[go.shape.int]", "github.com/a/b.v2/json"],
        ["main.work", "main"],
        ["java/util/HashMap.put", "java/util/HashMap"],
        ["tokio::runtime::park", "tokio"],
        ["<alloc::vec::Vec<T> as core::ops::Drop>::drop", "alloc"],
        ["json/decoder.py decode", "json/decoder.py"],
        ["./src/server.js:handler:12", "src/server.js"],
        ["malloc", "malloc"],
        ["", ""],
    ])("%s belongs to %s", (name, expected) => {
        expect(packageOf(name)).toBe(expected);
    });

    it("are the same within a package and readable in both themes", () => {
        expect(colourOf("net/http.(*conn).serve")).toBe(colourOf("net/http.Get"));
        expect(colourOf("do_syscall_64_[k]")).toBe(colourOf("[unknown]"));
        expect(colourOf("runtime.gcBgMarkWorker")).not.toBe(colourOf("runtime.main"));
        for (const name of names) expect(colourOf(name)).toBeLessThan(colourCount);
        expect(palette(true)).toHaveLength(colourCount);
        expect(palette(false)).toHaveLength(colourCount);
    });
});
