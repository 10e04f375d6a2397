import { describe, expect, it } from "vitest";
import { axisLabel, formatRate, formatShare, formatValue, measureOf, perSecond, typeLabel } from "../src/lib/units.ts";

const cpu = measureOf("process_cpu:cpu:nanoseconds:cpu:nanoseconds");
const allocated = measureOf("memory:alloc_space:bytes:space:bytes");
const inUse = measureOf("memory:inuse_space:bytes:space:bytes");
const contentions = measureOf("mutex:contentions:count:contentions:count");

describe("measures", () => {
    it("know flows from levels", () => {
        expect(cpu).toEqual({ unit: "time", factor: 1e-9, gauge: false, cores: true });
        expect(allocated.gauge).toBe(false);
        expect(inUse.gauge).toBe(true);
        expect(measureOf("goroutine:goroutines:count:goroutine:count").gauge).toBe(true);
        expect(measureOf("block:delay:nanoseconds:contentions:count").cores).toBe(false);
    });

    it("turn a bucket into what the axis says", () => {
        // 30 s of CPU in a bucket of 15 s are two cores.
        expect(perSecond(30e9, 15, cpu)).toBeCloseTo(2);
        expect(formatRate(2, cpu)).toBe("2");
        expect(axisLabel(cpu)).toBe("cores");
        expect(formatRate(perSecond(15 * 1024 * 1024, 15, allocated), allocated)).toBe("1 MiB/s");
        expect(formatRate(perSecond(3 * 1024, 15, inUse), inUse)).toBe("3 KiB");
        expect(formatRate(1500, contentions)).toBe("1.5 k/s");
    });
});

describe("formatting", () => {
    it.each([
        [0, "0 s"],
        [12, "12 ns"],
        [1_500, "1.5 µs"],
        [10_000_000, "10 ms"],
        [1_240_000_000, "1.24 s"],
        [119e9, "119 s"],
        [200e9, "3.33 min"],
        [36_000e9, "10 h"],
        [864_000e9, "10 d"],
    ])("%d ns of CPU are %s", (value, text) => {
        expect(formatValue(value, cpu)).toBe(text);
    });

    it.each([
        [0, "0 B"],
        [1023.9, "1 KiB"],
        [1024, "1 KiB"],
        [1536, "1.5 KiB"],
        [5 * 1024 ** 3, "5 GiB"],
    ])("%d bytes are %s", (value, text) => {
        expect(formatValue(value, allocated)).toBe(text);
    });

    it("counts in thousands", () => {
        expect(formatValue(999, contentions)).toBe("999");
        expect(formatValue(999.7, contentions)).toBe("1 k");
        expect(formatValue(1200, contentions)).toBe("1.2 k");
        expect(formatValue(100, contentions)).toBe("100");
    });

    it("never shows a cost as nothing", () => {
        expect(formatShare(0)).toBe("0 %");
        expect(formatShare(1e-9)).toBe("< 0.01 %");
        expect(formatShare(0.005)).toBe("0.50 %");
        expect(formatShare(0.3712)).toBe("37.1 %");
        expect(formatShare(NaN)).toBe("0 %");
    });

    it("names types for people", () => {
        expect(typeLabel("process_cpu:cpu:nanoseconds:cpu:nanoseconds")).toBe("CPU");
        expect(typeLabel("mutex:delay:nanoseconds:contentions:count")).toBe("Mutex delay");
        expect(typeLabel("memory:alloc_in_new_tlab_bytes:bytes:space:bytes")).toBe("Alloc in new tlab bytes");
        expect(typeLabel("exceptions:samples:count::")).toBe("Exceptions");
    });
});
