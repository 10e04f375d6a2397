/** Painting the timeline: stepped lines over a bucket each, with two quiet axes. */
import { formatRate, type Measure } from "../lib/units.ts";
import { timeTicks, valueTicks } from "./axis.ts";
import type { Lines } from "./lines.ts";

/** The part of the canvas inside the axes, CSS pixels. */
export interface Frame {
    left: number;
    right: number;
    top: number;
    bottom: number;
    /** Seconds. */
    from: number;
    until: number;
    /** The largest value on the y axis. */
    max: number;
}

export function frameOf(width: number, height: number, range: { from: number; until: number }, max: number): Frame {
    const [from, until] = [range.from / 1000, range.until / 1000];
    return { left: 64, right: width - 6, top: 8, bottom: height - 20, from, until, max: max > 0 ? max * 1.08 : 1 };
}

export const xOf = ({ left, right, from, until }: Frame, time: number): number =>
    left + ((time - from) / (until - from)) * (right - left);

export const timeAt = ({ left, right, from, until }: Frame, x: number): number =>
    from + Math.min(1, Math.max(0, (x - left) / (right - left))) * (until - from);

/** The largest value of a line, or of nothing 0. */
export const largest = ({ lines }: Lines): number =>
    lines.reduce((most, { values }) => values.reduce<number>((high, value) => Math.max(high, value ?? 0), most), 0);

export interface ChartInk {
    text: string;
    grid: string;
    /** One a line. */
    strokes: string[];
    /** Below a single line. */
    fill: string;
}

export function drawChart(
    context: CanvasRenderingContext2D,
    frame: Frame,
    data: Lines,
    measure: Measure,
    ink: ChartInk,
): void {
    drawAxes(context, frame, measure, ink);
    const { left, right, top, bottom } = frame;
    context.save();
    context.beginPath();
    context.rect(left, top - 2, right - left, bottom - top + 3);
    context.clip();
    context.lineWidth = 1.5;
    context.lineJoin = "round";
    data.lines.forEach(({ values }, i) => {
        context.strokeStyle = ink.strokes[i]!;
        if (data.lines.length === 1) {
            context.fillStyle = ink.fill;
            trace(context, frame, data.times, values, true);
            context.fill();
        }
        trace(context, frame, data.times, values, false);
        context.stroke();
    });
    context.restore();
}

/** A bucket's value holds from its start to its end; where there is none the line has a gap. */
function trace(
    context: CanvasRenderingContext2D,
    frame: Frame,
    times: number[],
    values: (number | null)[],
    closed: boolean,
): void {
    const step = times.length > 1 ? times[1]! - times[0]! : 1;
    const yOf = (value: number) => frame.bottom - (value / frame.max) * (frame.bottom - frame.top);
    let open = false;
    context.beginPath();
    values.forEach((value, k) => {
        const [start, end] = [xOf(frame, times[k]! - step), xOf(frame, times[k]!)];
        if (value === null) {
            if (open && closed) context.lineTo(start, frame.bottom);
            open = false;
            return;
        }
        if (!open && closed) context.moveTo(start, frame.bottom);
        if (open || closed) context.lineTo(start, yOf(value));
        else context.moveTo(start, yOf(value));
        context.lineTo(end, yOf(value));
        open = true;
    });
    if (open && closed) context.lineTo(xOf(frame, times.at(-1)!), frame.bottom);
}

function drawAxes(context: CanvasRenderingContext2D, frame: Frame, measure: Measure, ink: ChartInk): void {
    const { left, right, top, bottom, from, until, max } = frame;
    context.font = "11px system-ui, sans-serif";
    context.fillStyle = ink.text;
    context.strokeStyle = ink.grid;
    context.lineWidth = 1;
    context.beginPath();
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of valueTicks(max, 3, measure.unit === "bytes")) {
        const y = Math.round(bottom - (value / max) * (bottom - top)) + 0.5;
        context.moveTo(left, y);
        context.lineTo(right, y);
        context.fillText(formatRate(value, measure), left - 6, y);
    }
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const { at, label } of timeTicks(from, until, Math.max(2, Math.floor((right - left) / 80)))) {
        const x = Math.round(xOf(frame, at)) + 0.5;
        context.moveTo(x, bottom);
        context.lineTo(x, bottom + 4);
        // A label at the right edge moves in rather than being cut.
        const half = context.measureText(label).width / 2;
        context.fillText(label, Math.min(right + 4 - half, x), bottom + 7);
    }
    context.stroke();
}
