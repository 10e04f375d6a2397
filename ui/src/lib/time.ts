/** Times as the URL and the pickers write them: an epoch, a date, or an offset from now (`now-1h30m`). */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const unitMs: Record<string, number> = {
    s: second,
    sec: second,
    m: minute,
    min: minute,
    h: hour,
    d: day,
    w: 7 * day,
    M: 30 * day,
    mon: 30 * day,
    y: 365 * day,
};

export const defaultFrom = "now-1h";
export const defaultUntil = "now";
export const presets = ["5m", "15m", "30m", "1h", "3h", "6h", "12h", "24h", "2d", "7d", "30d"];
export const refreshChoices = ["5s", "10s", "30s", "1m", "5m"];

/** `90s`, `1h30m` in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
    if (!/^(\d+[a-zA-Z]+)+$/.test(text)) return undefined;
    let sum = 0;
    for (const [, count, unit] of text.matchAll(/(\d+)([a-zA-Z]+)/g)) {
        const ms = unitMs[unit!];
        if (ms === undefined) return undefined;
        sum += Number(count) * ms;
    }
    return sum;
}

function parseEpoch(digits: string): number {
    const value = Number(digits);
    if (digits.length === 13) return value;
    if (digits.length === 16) return Math.floor(value / 1e3);
    if (digits.length === 19) return Math.floor(value / 1e6);
    return value * 1000;
}

function parseDigits(digits: string): number {
    if (digits.length === 8) {
        const [year, month, dayOfMonth] = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)];
        const date = new Date(`${year}-${month}-${dayOfMonth}T00:00:00Z`);
        if (date.getUTCDate() === Number(dayOfMonth)) return date.getTime();
    }
    return parseEpoch(digits);
}

/**
 * Milliseconds since the epoch, or undefined if the text is no time. Understands `now`, `now-1h30m`, `-15m`, epochs in
 * seconds to nanoseconds, `YYYYMMDD` (UTC) and local dates as `2026-11-21 14:30`.
 */
export function parseTime(text: string, now: number): number | undefined {
    const trimmed = text.trim();
    if (trimmed === "" || trimmed === "now") return now;
    if (/^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(trimmed)) {
        // Without a clock time JavaScript would read UTC; people mean their own midnight.
        const at = Date.parse(trimmed.length === 10 ? `${trimmed}T00:00` : trimmed.replace(" ", "T"));
        return Number.isNaN(at) ? undefined : at;
    }
    const packed = trimmed.replace(/[_, ]/g, "");
    if (/^\d+$/.test(packed)) return parseDigits(packed);
    const offset = /^(?:now)?([+-])(.+)$/.exec(packed);
    const duration = offset && parseDuration(offset[2]!);
    if (!offset || duration === undefined || duration === null) return undefined;
    return offset[1] === "-" ? now - duration : now + duration;
}

export const isRelative = (text: string): boolean => /now|^[+-]/.test(text.trim());

export interface Range {
    from: number;
    until: number;
}

/** The range two texts mean at `now`; undefined if one is no time or the range is empty. */
export function resolveRange(from: string, until: string, now: number): Range | undefined {
    const start = parseTime(from, now);
    const end = parseTime(until, now);
    if (start === undefined || end === undefined || start >= end) return undefined;
    return { from: Math.floor(start), until: Math.floor(end) };
}

const two = (value: number): string => String(value).padStart(2, "0");

/** `2026-11-21 14:30:05` in the reader's time zone, as parseTime reads it; seconds only where they are not 0. */
export function formatTime(ms: number): string {
    const at = new Date(ms);
    const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    const clock = `${two(at.getHours())}:${two(at.getMinutes())}`;
    return `${date} ${clock}${at.getSeconds() ? `:${two(at.getSeconds())}` : ""}`;
}

/** What the time button says. */
export function describeRange(from: string, until: string, now: number): string {
    const last = /^now-(\w+)$/.exec(from);
    if (last && until === "now") return `Last ${last[1]}`;
    const show = (text: string) => {
        const at = parseTime(text, now);
        return isRelative(text) || at === undefined ? text : formatTime(at);
    };
    const [start, end] = [show(from), show(until)];
    const sameDay = start.slice(0, 11) === end.slice(0, 11) && /^\d{4}-/.test(start);
    return `${start} – ${sameDay ? end.slice(11) : end}`;
}

const steps = [30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 604800, 2592000];

/**
 * Seconds a point of the timeline covers: the smallest round step that needs at most `points`, and 30 s at least. Clients
 * upload every 10 to 60 s: finer buckets would show their rhythm and not the load.
 */
export function stepSeconds(range: Range, points: number): number {
    const atLeast = Math.max(30, (range.until - range.from) / 1000 / points);
    return steps.find((step) => step >= atLeast) ?? Math.ceil(atLeast / 2592000) * 2592000;
}
