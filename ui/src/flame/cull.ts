/** Which frames are to be seen: everything at least one pixel wide in the window, row by row from the root down. */
import { isDropped, levelOf, pathTo, windowOf, type FlameTree, type Zoom } from "./model.ts";

/** Boxes to draw, in columns; the boxes of row r are rows[r] .. rows[r + 1] - 1, from left to right. */
export interface Boxes {
    count: number;
    rows: number[];
    node: Int32Array;
    /** Pixels from the left edge, clipped to the width. */
    left: Float32Array;
    right: Float32Array;
    /** 0 for a frame; else how many siblings, from `node` on, are too narrow and share the box. */
    folded: Uint32Array;
}

const narrowest = 1;

export function emptyBoxes(): Boxes {
    const size = 1024;
    return {
        count: 0,
        rows: [0],
        node: new Int32Array(size),
        left: new Float32Array(size),
        right: new Float32Array(size),
        folded: new Uint32Array(size),
    };
}

function grown<T extends Int32Array | Uint32Array | Float32Array>(column: T): T {
    const bigger = new (column.constructor as new (size: number) => T)(column.length * 2);
    bigger.set(column as never);
    return bigger;
}

function add(boxes: Boxes, node: number, left: number, right: number, folded: number): void {
    if (boxes.count === boxes.node.length) {
        boxes.node = grown(boxes.node);
        boxes.left = grown(boxes.left);
        boxes.right = grown(boxes.right);
        boxes.folded = grown(boxes.folded);
    }
    const at = boxes.count++;
    boxes.node[at] = node;
    boxes.left[at] = left;
    boxes.right[at] = right;
    boxes.folded[at] = folded;
}

/** The first of a node's children that ends right of `value`. */
function firstVisible(tree: FlameTree, node: number, value: number): number {
    let low = tree.first[node]!;
    let high = tree.first[node + 1]!;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (tree.x[middle]! + tree.total[middle]! > value) high = middle;
        else low = middle + 1;
    }
    return low;
}

/**
 * Fills `boxes` for a canvas `width` pixels wide. Rows above the zoomed node hold its callers over the full width. The
 * work is proportional to what is seen, not to the tree: siblings are sorted by total, so a run of narrow ones is left
 * at its first.
 */
export function cull(tree: FlameTree, zoom: Zoom, width: number, boxes: Boxes): void {
    const { from, to } = windowOf(tree, zoom);
    const scale = width / (to - from);
    boxes.count = 0;
    boxes.rows = [0];
    if (!(to > from) || !(width > 0)) return;
    const leftOf = (value: number) => Math.max(0, (value - from) * scale);
    const rightOf = (value: number) => Math.min(width, (value - from) * scale);

    for (const node of pathTo(tree, zoom.node)) {
        add(boxes, node, 0, width, 0);
        boxes.rows.push(boxes.count);
    }
    for (let row = levelOf(tree, zoom.node); ; row++) {
        const end = boxes.rows[row + 1]!;
        for (let box = boxes.rows[row]!; box < end; box++) {
            if (boxes.folded[box] === 0) addChildren(boxes.node[box]!);
        }
        if (boxes.count === end) return;
        boxes.rows.push(boxes.count);
    }

    function addChildren(node: number): void {
        let end = tree.first[node + 1]!;
        let child = firstVisible(tree, node, from);
        // A dropped node is the last whatever its size, so the order says nothing about it.
        const last = end - 1;
        const hasDropped = last >= child && isDropped(tree, last);
        if (hasDropped && tree.total[last]! * scale >= narrowest) end = last;
        for (; child < end; child++) {
            const [x, total] = [tree.x[child]!, tree.total[child]!];
            if (x >= to) return;
            if (total * scale < narrowest) break;
            add(boxes, child, leftOf(x), rightOf(x + total), 0);
        }
        if (child < end) addFolded(child, end);
        if (end === last && tree.x[last]! < to) {
            add(boxes, last, leftOf(tree.x[last]!), rightOf(tree.x[last]! + tree.total[last]!), 0);
        }
    }

    function addFolded(child: number, end: number): void {
        const last = end - 1;
        const [left, right] = [leftOf(tree.x[child]!), rightOf(tree.x[last]! + tree.total[last]!)];
        if (right - left >= narrowest / 2 && left < width) add(boxes, child, left, right, end - child);
    }
}

/** The box at a point of a row; -1 if there is none. */
export function boxAt(boxes: Boxes, row: number, x: number): number {
    let low = boxes.rows[row] ?? boxes.count;
    let high = boxes.rows[row + 1] ?? low;
    const end = high;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (boxes.right[middle]! > x) high = middle;
        else low = middle + 1;
    }
    return low < end && boxes.left[low]! <= x ? low : -1;
}
