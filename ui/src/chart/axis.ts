/** Where an axis has its ticks, and what the time axis writes beside them. */

/** The step of about `count` ticks up to `max`: 1, 2 or 5 times a power of ten, or a power of two for bytes. */
export function tickStep(max: number, count: number, binary: boolean): number {
    const rough = max / count;
    if (!(rough > 0)) return 1;
    if (binary) return 2 ** Math.ceil(Math.log2(rough));
    const power = 10 ** Math.floor(Math.log10(rough));
    return power * ([1, 2, 5].find((digit) => digit * power >= rough) ?? 10);
}

export function valueTicks(max: number, count: number, binary: boolean): number[] {
    const step = tickStep(max, count, binary);
    return Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, i) => i * step);
}

const minute = 60;
const hour = 3600;
const day = 86400;
const timeSteps = [1, 2, 5, 10, 15, 30, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute];
timeSteps.push(
    hour,
    2 * hour,
    3 * hour,
    6 * hour,
    12 * hour,
    day,
    2 * day,
    7 * day,
    14 * day,
    30 * day,
    90 * day,
    365 * day,
);

export interface TimeTick {
    /** Seconds. */
    at: number;
    label: string;
}

/** Ticks at round times of the reader's clock, at most `count`. Seconds. */
export function timeTicks(from: number, until: number, count: number): TimeTick[] {
    const step = timeSteps.find((step) => (until - from) / step <= count) ?? 365 * day;
    const shift = new Date(from * 1000).getTimezoneOffset() * 60;
    const ticks: TimeTick[] = [];
    for (let at = Math.ceil((from - shift) / step) * step + shift; at <= until; at += step) {
        ticks.push({ at, label: clock(at, step) });
    }
    return ticks;
}

const two = (value: number): string => String(value).padStart(2, "0");

function clock(seconds: number, step: number): string {
    const time = new Date(seconds * 1000);
    const date = `${two(time.getMonth() + 1)}-${two(time.getDate())}`;
    const ofDay = `${two(time.getHours())}:${two(time.getMinutes())}`;
    if (step >= day) return step >= 365 * day ? `${time.getFullYear()}` : date;
    if (step < minute) return `${ofDay}:${two(time.getSeconds())}`;
    return ofDay === "00:00" ? date : ofDay;
}
