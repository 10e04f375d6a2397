/** The function table: what each function cost, recursion counted once. */
import { isDropped, type TreeShape } from "./model.ts";

export interface FunctionTable {
    /** By name id. */
    self: Float64Array;
    total: Float64Array;
    /** The name ids of functions: all but the root and the nodes that stand for left out ones. */
    functions: Uint32Array;
    /** What is in frames left out by the node limit. */
    leftOut: number;
}

/**
 * Walks a tree in call order. `enter` may return false: the subtree is passed over, and `leave` is not called for it.
 */
export function walk(
    { first, parent }: Pick<TreeShape, "first" | "parent">,
    enter: (node: number) => boolean,
    leave?: (node: number) => void,
): void {
    let node = 0;
    while (true) {
        const entered = enter(node);
        if (entered && first[node]! < first[node + 1]!) {
            node = first[node]!;
            continue;
        }
        if (entered) leave?.(node);
        // Up to the nearest node that has a next sibling.
        while (node !== 0 && node + 1 === first[parent[node]! + 1]!) {
            node = parent[node]!;
            leave?.(node);
        }
        if (node === 0) return;
        node++;
    }
}

export function functionTable(tree: TreeShape & { self: Float64Array }): FunctionTable {
    const { name, names } = tree;
    const self = new Float64Array(names.length);
    const total = new Float64Array(names.length);
    const seen = new Uint8Array(names.length);
    // How often each function is on the stack: only its outermost frame counts to its total.
    const onStack = new Uint32Array(names.length);
    let leftOut = 0;
    walk(
        tree,
        (node) => {
            if (node === 0) return true;
            if (isDropped(tree, node)) {
                leftOut += tree.total[node]!;
                return false;
            }
            const id = name[node]!;
            seen[id] = 1;
            self[id]! += tree.self[node]!;
            if (onStack[id]!++ === 0) total[id]! += tree.total[node]!;
            return true;
        },
        (node) => {
            if (node !== 0) onStack[name[node]!]!--;
        },
    );
    return { self, total, leftOut, functions: Uint32Array.from(names.keys()).filter((id) => seen[id] === 1) };
}
