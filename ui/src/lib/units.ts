/** What the numbers of a profile type mean, and how they are written. */

export type Unit = "time" | "bytes" | "count";

export interface Measure {
    unit: Unit;
    /** Multiplies a stored value into seconds, bytes or pieces. */
    factor: number;
    /** A level (heap in use, goroutines): profiles are averaged over time. Otherwise a flow: profiles are summed. */
    gauge: boolean;
    /** Time on a processor, which over time is a number of cores. */
    cores: boolean;
}

const timeFactors: Record<string, number> = { nanoseconds: 1e-9, microseconds: 1e-6, milliseconds: 1e-3, seconds: 1 };
const gauges = new Set(["inuse_objects", "inuse_space", "goroutine", "goroutines", "live", "goroutine_leak"]);

/** From a profile type id, `process_cpu:cpu:nanoseconds:cpu:nanoseconds`. */
export function measureOf(typeId: string): Measure {
    const [, sample = "", unitName = ""] = typeId.split(":");
    const time = timeFactors[unitName];
    return {
        unit: time !== undefined ? "time" : unitName === "bytes" ? "bytes" : "count",
        factor: time ?? 1,
        gauge: gauges.has(sample),
        cores: time !== undefined && (sample === "cpu" || sample === "itimer"),
    };
}

const known: Record<string, string> = {
    cpu: "CPU",
    wall: "Wall time",
    samples: "Samples",
    alloc_objects: "Allocated objects",
    alloc_space: "Allocated bytes",
    inuse_objects: "Objects in use",
    inuse_space: "Bytes in use",
    goroutine: "Goroutines",
    goroutines: "Goroutines",
    contentions: "contentions",
    delay: "delay",
};

/** A profile type for people: `CPU`, `Mutex delay`; what is not well known keeps its own words. */
export function typeLabel(typeId: string): string {
    const [name = "", sample = ""] = typeId.split(":");
    const title = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
    if (name === "mutex" || name === "block") return `${title(name)} ${known[sample] ?? sample}`;
    if (sample === "samples" && name !== "process_cpu") return title(name.replaceAll("_", " "));
    return known[sample] ?? title(sample.replaceAll("_", " "));
}

const round = (value: number): string => {
    const size = Math.abs(value);
    if (size !== 0 && size < 0.01) return value.toPrecision(1);
    return value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0).replace(/\.0+$|(\.\d*[1-9])0+$/, "$1");
};

function scaled(value: number, base: number, names: string[]): string {
    let at = 0;
    let rest = Math.abs(value);
    // 999.6 would be written as 1000: it belongs to the next name already.
    while (at < names.length - 1 && rest >= base - 0.5) {
        rest /= base;
        at++;
    }
    return `${round(value < 0 ? -rest : rest)}${names[at]}`;
}

const bytes = (value: number) => scaled(value, 1024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"]);
const pieces = (value: number) => scaled(value, 1000, ["", " k", " M", " G", " T", " P", " E"]);

function seconds(value: number): string {
    const size = Math.abs(value);
    if (size === 0) return "0 s";
    if (size < 1e-6) return `${round(value * 1e9)} ns`;
    if (size < 1e-3) return `${round(value * 1e6)} µs`;
    if (size < 1) return `${round(value * 1e3)} ms`;
    if (size < 120) return `${round(value)} s`;
    if (size < 7200) return `${round(value / 60)} min`;
    if (size < 172800) return `${round(value / 3600)} h`;
    return `${round(value / 86400)} d`;
}

/** A stored value: `1.24 s`, `3.2 MiB`, `12 k`. */
export function formatValue(value: number, measure: Measure): string {
    const real = value * measure.factor;
    if (measure.unit === "time") return seconds(real);
    return measure.unit === "bytes" ? bytes(real) : pieces(real);
}

/** What the timeline's y axis counts. */
export function axisLabel(measure: Measure): string {
    if (measure.cores) return "cores";
    const what = { time: "time", bytes: "bytes", count: "count" }[measure.unit];
    return measure.gauge ? `${what}, mean per profile` : `${what} per second`;
}

/** A stored value of one bucket on the timeline's axis: per second for flows, the level itself for gauges. */
export const perSecond = (value: number, step: number, measure: Measure): number =>
    (value * measure.factor) / (measure.gauge ? 1 : step);

/** A number of the timeline's axis: `1.5`, `2.3 MiB/s`, `12 k/s`. */
export function formatRate(rate: number, measure: Measure): string {
    if (measure.cores) return round(rate);
    const text = measure.unit === "bytes" ? bytes(rate) : measure.unit === "time" ? seconds(rate) : pieces(rate);
    return measure.gauge ? text : `${text}/s`;
}

/** A share of one: `12.3 %`; what is there but tiny is not shown as nothing. */
export function formatShare(share: number): string {
    const percent = share * 100;
    if (!Number.isFinite(percent) || percent === 0) return "0 %";
    if (percent < 0.01) return "< 0.01 %";
    return `${percent.toFixed(percent < 1 ? 2 : 1)} %`;
}
