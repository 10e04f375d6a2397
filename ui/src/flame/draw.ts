/** Painting boxes on a canvas of the size of what is seen; the scroll position only moves rows. */
import { fitName, visible } from "../lib/text.ts";
import { formatShare } from "../lib/units.ts";
import { colourCount, greyColour, palette } from "./colour.ts";
import type { Boxes } from "./cull.ts";
import { isDropped, type FlameTree } from "./model.ts";

export interface Ink {
    fills: string[];
    /** Folded narrow frames, frames left out, frames a search does not match. */
    folded: string;
    dropped: string;
    faded: string;
    text: string;
    mutedText: string;
    outline: string;
    hot: string;
}

const inkOf = (dark: boolean): Ink => ({
    fills: palette(dark),
    folded: dark ? "#363b46" : "#d3d7de",
    dropped: dark ? "#4a4231" : "#efe3c4",
    faded: dark ? "#262a32" : "#e9ebef",
    text: "#14161a",
    mutedText: dark ? "#a3abb8" : "#59606c",
    outline: dark ? "#ffffff" : "#14161a",
    hot: dark ? "rgb(255 255 255 / 0.85)" : "rgb(20 22 26 / 0.8)",
});
const inks = { light: inkOf(false), dark: inkOf(true) };
export const ink = (dark: boolean): Ink => (dark ? inks.dark : inks.light);

export interface Surface {
    context: CanvasRenderingContext2D;
    /** CSS pixels. */
    width: number;
    height: number;
    dpr: number;
    rowHeight: number;
    fontSize: number;
    /** How far the rows are scrolled up. */
    top: number;
}

export interface Scene {
    tree: FlameTree;
    boxes: Boxes;
    colours: Uint8Array;
    /** By name id; undefined: no search. */
    matches: Uint8Array | undefined;
    /** Rows above this one hold callers of the zoomed frame. */
    zoomRow: number;
    ink: Ink;
}

const foldedStyle = colourCount;
const droppedStyle = colourCount + 1;
const fadedStyle = colourCount + 2;
const styles = colourCount + 3;

const fontOf = (size: number) => `${size}px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace`;
const charWidths = new Map<number, number>();

/** Monospace: one measurement serves every label of a font. */
function charWidth(context: CanvasRenderingContext2D, size: number): number {
    let width = charWidths.get(size);
    if (width === undefined) charWidths.set(size, (width = context.measureText("0".repeat(50)).width / 50));
    return width;
}

const rowsInSight = ({ top, height, rowHeight }: Surface, boxes: Boxes): [number, number] => [
    Math.max(0, Math.floor(top / rowHeight)),
    Math.min(boxes.rows.length - 1, Math.ceil((top + height) / rowHeight)),
];

function styleOf({ tree, boxes, colours, matches }: Scene, box: number): number {
    if (boxes.folded[box] !== 0) return foldedStyle;
    const node = boxes.node[box]!;
    if (isDropped(tree, node)) return droppedStyle;
    if (node === 0 && !matches) return greyColour;
    const name = tree.name[node]!;
    return matches && !matches[name] ? fadedStyle : colours[name]!;
}

export function drawFrames(surface: Surface, scene: Scene): void {
    const { context, dpr, rowHeight, top } = surface;
    const { boxes, zoomRow, ink } = scene;
    const [firstRow, endRow] = rowsInSight(surface, boxes);
    const fills = [...ink.fills, ink.folded, ink.dropped, ink.faded];
    const snap = (value: number) => Math.round(value * dpr) / dpr;
    // Changing the fill is what costs: boxes are painted colour by colour.
    const buckets: number[][] = Array.from({ length: styles }, () => []);
    for (let box = boxes.rows[firstRow] ?? 0, end = boxes.rows[endRow] ?? 0; box < end; box++) {
        buckets[styleOf(scene, box)]!.push(box);
    }
    const rowOf = rowFinder(boxes, firstRow);
    buckets.forEach((bucket, style) => {
        context.fillStyle = fills[style]!;
        const row = rowOf();
        for (const box of bucket) {
            const at = row(box);
            const [left, right] = [snap(boxes.left[box]!), snap(boxes.right[box]!)];
            const gap = right - left > 3 ? 1 / dpr : 0;
            context.globalAlpha = at < zoomRow ? 0.55 : 1;
            context.fillRect(left, snap(at * rowHeight - top), Math.max(1 / dpr, right - left - gap), rowHeight - 1);
        }
    });
    context.globalAlpha = 1;
    drawLabels(surface, scene, firstRow, endRow);
}

/** Boxes come in ascending order within a bucket, so the row of each is found by stepping on. */
function rowFinder(boxes: Boxes, firstRow: number): () => (box: number) => number {
    return () => {
        let row = firstRow;
        return (box) => {
            while (boxes.rows[row + 1]! <= box) row++;
            return row;
        };
    };
}

const labelsMax = 800;

function labelOf({ tree, boxes }: Scene, box: number, columns: number): string {
    const node = boxes.node[box]!;
    const folded = boxes.folded[box]!;
    const all = tree.total[0]!;
    if (folded !== 0) {
        const last = node + folded - 1;
        const share = (tree.x[last]! + tree.total[last]! - tree.x[node]!) / all;
        const text = `${folded} small · ${formatShare(share)}`;
        return text.length <= columns ? text : "";
    }
    const share = formatShare(tree.total[node]! / all);
    const name = isDropped(tree, node) ? "left out" : visible(tree.names[tree.name[node]!]!);
    return name.length + share.length + 2 <= columns ? `${name}  ${share}` : fitName(name, columns);
}

function drawLabels(surface: Surface, scene: Scene, firstRow: number, endRow: number): void {
    const { context, rowHeight, fontSize, top } = surface;
    const { boxes, ink } = scene;
    context.font = fontOf(fontSize);
    context.textBaseline = "middle";
    const column = charWidth(context, fontSize);
    let left = labelsMax;
    for (let row = firstRow; row < endRow; row++) {
        for (let box = boxes.rows[row]!; box < boxes.rows[row + 1]!; box++) {
            const room = boxes.right[box]! - boxes.left[box]! - 8;
            if (room < 3 * column) continue;
            const text = labelOf(scene, box, Math.floor(room / column));
            if (text === "") continue;
            if (left-- === 0) return;
            const style = styleOf(scene, box);
            context.fillStyle = style >= foldedStyle ? ink.mutedText : ink.text;
            // Other scripts may be wider than the font's column: those are squeezed rather than let out of their box.
            context.fillText(text, boxes.left[box]! + 4, row * rowHeight - top + rowHeight / 2, room);
        }
    }
}

export interface Marks {
    /** Name id whose frames are outlined, -1 for none. */
    name: number;
    /** The box under the pointer, -1 for none. */
    hover: number;
    /** The node of the keyboard's cursor, -1 for none. */
    cursor: number;
}

/** Outlines on the canvas above the frames: cheap enough for every pointer move. */
export function drawMarks(surface: Surface, { tree, boxes, ink }: Scene, marks: Marks): void {
    const { context, rowHeight, top } = surface;
    const [firstRow, endRow] = rowsInSight(surface, boxes);
    const outline = (box: number, row: number, width: number, colour: string) => {
        context.lineWidth = width;
        context.strokeStyle = colour;
        const [left, right] = [boxes.left[box]! + width / 2, boxes.right[box]! - width / 2];
        context.strokeRect(left, row * rowHeight - top + width / 2, Math.max(0.5, right - left), rowHeight - 1 - width);
    };
    for (let row = firstRow; row < endRow; row++) {
        for (let box = boxes.rows[row]!; box < boxes.rows[row + 1]!; box++) {
            const node = boxes.node[box]!;
            const frame = boxes.folded[box] === 0;
            if (frame && tree.name[node] === marks.name && !isDropped(tree, node)) outline(box, row, 1.5, ink.hot);
            if (box === marks.hover) outline(box, row, 1, ink.outline);
            if (frame && node === marks.cursor) outline(box, row, 2.5, ink.outline);
        }
    }
}

/** Where the hits of a search are, however narrow: one tick each over the window. */
export function drawHits(
    context: CanvasRenderingContext2D,
    tree: FlameTree,
    hits: Uint32Array,
    window: { from: number; to: number },
    size: { width: number; height: number },
    colours: { hit: string; current: string },
    current: number,
): void {
    const scale = size.width / (window.to - window.from);
    let painted = -1;
    const tick = (node: number, colour: string) => {
        const left = Math.max(0, (tree.x[node]! - window.from) * scale);
        const right = Math.min(size.width, (tree.x[node]! + tree.total[node]! - window.from) * scale);
        // Hits come from left to right: one that falls on the last painted pixel is seen already.
        if (right < 0 || left > size.width || right <= painted) return;
        context.fillStyle = colour;
        const width = Math.max(1.5, right - left);
        context.fillRect(left, 0, width, size.height);
        painted = left + width;
    };
    for (const node of hits) tick(node, colours.hit);
    painted = -1;
    if (current >= 0) tick(hits[current]!, colours.current);
}
