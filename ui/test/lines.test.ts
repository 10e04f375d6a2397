import { describe, expect, it } from "vitest";
import type { SelectSeriesAnswer } from "../src/api/types.ts";
import { tickStep, timeTicks, valueTicks } from "../src/chart/axis.ts";
import { coarser, forgetUnsent, gridOf, linesOf, remainder, rhythm, summary } from "../src/chart/lines.ts";
import { measureOf } from "../src/lib/units.ts";

const cpu = measureOf("process_cpu:cpu:nanoseconds:cpu:nanoseconds");
const inUse = measureOf("memory:inuse_space:bytes:space:bytes");

/* An answer of the API as it comes, grouped by region, step 15 s. */
const answer: SelectSeriesAnswer = {
    series: [
        {
            labels: [{ name: "region", value: "us-east-1" }],
            points: [
                { value: 850000000, timestamp: "1795219200000" },
                { value: 880000000, timestamp: "1795219215000" },
                { value: 910000000, timestamp: "1795219230000" },
            ],
        },
        { labels: [], points: [{ value: 400000000, timestamp: "1795219215000" }] },
    ],
};
const grid = { start: 1795219185000, end: 1795219260000, step: 15 };

describe("timeline columns", () => {
    it("have a value for every bucket, in the axis' unit", () => {
        const { times, lines } = linesOf(answer.series!, grid, cpu);
        expect(times).toEqual([1795219185, 1795219200, 1795219215, 1795219230, 1795219245, 1795219260]);
        expect(lines.map(({ label }) => label)).toEqual(["us-east-1", "(none)"]);
        expect(lines[0]!.values.map((value) => Math.round(value! * 1e6))).toEqual([0, 56667, 58667, 60667, 0, 0]);
        expect(linesOf(answer.series!, grid, inUse).lines[1]!.values).toEqual([null, null, 4e8, null, null, null]);
        expect(summary(lines).max).toBeCloseTo((0.88 + 0.4) / 15);
    });

    it("ask for buckets that stay where they are and include the newest profile", () => {
        for (const shift of [0, 1, 7, 14_999, 15_000]) {
            const until = 1795219260000 + shift;
            const { start, end, step } = gridOf({ from: until - 3_600_000, until }, 300);
            expect(start % (step * 1000)).toBe(0);
            expect(end).toBeGreaterThanOrEqual(until);
            expect(start - step * 1000).toBeLessThanOrEqual(until - 3_600_000);
        }
    });

    it("leave what is not shown to a line of its own", () => {
        const all = { label: "all", values: [5, 3, 1] };
        expect(remainder(all, [{ label: "a", values: [2, 3, 0] }])?.values).toEqual([3, 0, 1]);
        expect(remainder(all, [{ label: "a", values: [5, 3, 1] }])).toBeUndefined();
    });

    it("join buckets where uploads are rarer than buckets, keeping the mean", () => {
        const comb = {
            times: Array.from({ length: 41 }, (_, k) => k * 15),
            lines: [{ label: "", values: [0] as number[] }],
        };
        comb.lines[0]!.values = comb.times.map((_, k) => (k % 4 === 1 ? 4 : 0));
        expect(rhythm(comb, cpu)).toBe(4);
        const { times, lines } = coarser(comb, 15, 4);
        expect(times.every((time) => time % 60 === 0)).toBe(true);
        expect(lines[0]!.values.slice(1)).toEqual(new Array(10).fill(1));
        expect(coarser(comb, 15, 1)).toEqual(comb);

        const steady = { times: comb.times, lines: [{ label: "", values: comb.times.map(() => 1) }] };
        expect(rhythm(steady, cpu)).toBe(1);
        const levels = {
            times: comb.times,
            lines: [{ label: "", values: comb.times.map((_, k) => (k % 4 ? null : 7)) }],
        };
        expect(coarser(levels, 15, rhythm(levels, inUse)).lines[0]!.values.every((value) => value === 7)).toBe(true);
    });

    it("do not show as nothing what may still be on its way", () => {
        const lines = linesOf(answer.series!, grid, cpu);
        forgetUnsent(lines);
        expect(lines.lines[0]!.values.slice(-3)).toEqual([expect.closeTo(0.0607, 3), null, null]);
        const old = {
            times: [0, 60, 120, 180, 240],
            lines: [{ label: "", values: [1, 0, 0, 0, 0] as (number | null)[] }],
        };
        forgetUnsent(old);
        expect(old.lines[0]!.values).toEqual([1, 0, 0, null, null]);
    });
});

describe("axes", () => {
    it("have round steps, in powers of two for bytes", () => {
        expect(valueTicks(0.62, 3, false)).toEqual([0, 0.5]);
        expect(valueTicks(10, 4, false)).toEqual([0, 5, 10]);
        expect(tickStep(100 * 1024 ** 2, 3, true)).toBe(64 * 1024 ** 2);
        for (const max of [1e-9, 0.3, 1, 7, 12345, 9e15]) {
            expect(valueTicks(max, 3, false).length).toBeLessThanOrEqual(4);
            expect(valueTicks(max, 3, false).length).toBeGreaterThanOrEqual(2);
        }
    });

    it("have ticks at round times of the reader's clock", () => {
        const noon = new Date(2026, 10, 21, 12, 3, 20).getTime() / 1000;
        expect(timeTicks(noon, noon + 3600, 6).map(({ label }) => label)).toEqual([
            "12:10",
            "12:20",
            "12:30",
            "12:40",
            "12:50",
            "13:00",
        ]);
        const labels = timeTicks(noon, noon + 86400, 5).map(({ label }) => label);
        expect(labels).toEqual(["18:00", "11-22", "06:00", "12:00"]);
        for (const span of [30, 600, 86400, 30 * 86400, 3 * 365 * 86400]) {
            const ticks = timeTicks(noon, noon + span, 10);
            expect(ticks.length).toBeLessThanOrEqual(11);
            expect(ticks.length).toBeGreaterThanOrEqual(2);
        }
    });
});
