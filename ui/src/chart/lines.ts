/** From the answers of SelectSeries to columns for the chart. */
import type { TimeSeries } from "../api/types.ts";
import { stepSeconds, type Range } from "../lib/time.ts";
import { perSecond, type Measure } from "../lib/units.ts";

/** The buckets a chart asks for: bucket k ends at start + k * step and begins a step before. */
export interface Grid {
    /** Milliseconds; multiples of the step, so that points stay where they are while time goes on. */
    start: number;
    end: number;
    /** Seconds. */
    step: number;
}

export function gridOf(range: Range, points: number): Grid {
    const step = stepSeconds(range, points);
    const ms = step * 1000;
    // The last bucket reaches beyond the range, or the newest profiles would be missing.
    return { start: Math.floor(range.from / ms) * ms + ms, end: Math.ceil(range.until / ms) * ms, step };
}

export interface Line {
    label: string;
    /** One rate or level a bucket; null: a gauge with nothing to show. */
    values: (number | null)[];
}

export interface Lines {
    /** Ends of the buckets, seconds. */
    times: number[];
    lines: Line[];
}

const labelOf = ({ labels = [] }: TimeSeries): string => labels.map(({ value }) => value).join(" ") || "(none)";

export function linesOf(series: TimeSeries[], grid: Grid, measure: Measure): Lines {
    const { start, end, step } = grid;
    const count = Math.max(1, Math.round((end - start) / (step * 1000)) + 1);
    const times = Array.from({ length: count }, (_, k) => start / 1000 + k * step);
    const lines = series.map((one) => {
        // Where a flow has no profiles nothing flowed; of a level nothing is known.
        const values = new Array<number | null>(count).fill(measure.gauge ? null : 0);
        for (const { value = 0, timestamp = "0" } of one.points ?? []) {
            const k = Math.round((Number(timestamp) - start) / (step * 1000));
            if (k >= 0 && k < count) values[k] = perSecond(value, step, measure);
        }
        return { label: labelOf(one), values };
    });
    return { times, lines };
}

/**
 * How many buckets lie between two uploads of a series, as a rule. Finer buckets than uploads would show combs of peaks and
 * gaps that are not there.
 */
export function rhythm({ lines }: Lines, measure: Measure): number {
    const nothing = measure.gauge ? null : 0;
    const gaps = lines.flatMap(({ values }) => {
        const filled = [...values.keys()].filter((k) => values[k] !== nothing);
        return filled.length < 3 ? [] : [(filled.at(-1)! - filled[0]!) / (filled.length - 1)];
    });
    const usual = gaps.sort((a, b) => a - b)[gaps.length >> 1] ?? 1;
    return Math.max(1, Math.ceil(usual - 0.3));
}

/** Joins `join` buckets to one, the mean of those that are known; aligned, so that joints stay where they are. */
export function coarser({ times, lines }: Lines, step: number, join: number): Lines {
    if (join <= 1) return { times, lines };
    const groups = new Map<number, number[]>();
    times.forEach((time, k) => {
        const group = Math.ceil(Math.round(time / step) / join);
        groups.set(group, [...(groups.get(group) ?? []), k]);
    });
    const parts = [...groups.values()];
    const mean = (values: number[]) =>
        values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
    return {
        times: [...groups.keys()].map((group) => group * join * step),
        lines: lines.map(({ label, values }) => ({
            label,
            values: parts.map((ks) => mean(ks.map((k) => values[k]!).filter((value) => value !== null))),
        })),
    };
}

/** Clients upload at least this often: what is newer may be on its way, and is not shown as nothing. */
const uploadSeconds = 60;

export function forgetUnsent({ times, lines }: Lines): void {
    const newest = times.at(-1) ?? 0;
    for (let k = times.length - 1; k >= 0 && lines.every(({ values }) => !values[k]); k--) {
        if (k < times.length - 1 && times[k]! < newest - uploadSeconds) return;
        for (const { values } of lines) values[k] = null;
    }
}

/** What the shown series leave of the sum of all; undefined if nothing worth a line. */
export function remainder(all: Line, shown: Line[]): Line | undefined {
    const values = all.values.map((sum, k) =>
        Math.max(
            0,
            shown.reduce((rest, { values }) => rest - (values[k] ?? 0), sum ?? 0),
        ),
    );
    const most = Math.max(...all.values.map((value) => value ?? 0));
    return Math.max(...values) > most * 1e-6 ? { label: "other", values } : undefined;
}

export function summary(lines: Line[]): { mean: number; max: number } {
    const sums: number[] = [];
    for (const { values } of lines) values.forEach((value, k) => value !== null && (sums[k] = (sums[k] ?? 0) + value));
    const known = sums.filter((sum) => sum !== undefined);
    if (known.length === 0) return { mean: 0, max: 0 };
    return { mean: known.reduce((sum, value) => sum + value, 0) / known.length, max: Math.max(...known) };
}
