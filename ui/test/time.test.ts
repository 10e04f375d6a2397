import { describe, expect, it } from "vitest";
import { describeRange, formatTime, parseTime, resolveRange, stepSeconds } from "../src/lib/time.ts";

const now = Date.UTC(2026, 10, 21, 12, 0, 0);
const minutes = (count: number) => count * 60_000;

describe("parseTime", () => {
    it.each([
        ["now", now],
        ["", now],
        ["now-1h", now - minutes(60)],
        ["now-1h30m", now - minutes(90)],
        ["-30min", now - minutes(30)],
        ["now+5s", now + 5000],
        ["now-1d", now - minutes(1440)],
        ["now-2w", now - minutes(14 * 1440)],
        ["now-1M", now - minutes(30 * 1440)],
        ["now-1mon", now - minutes(30 * 1440)],
        ["now-1y", now - minutes(365 * 1440)],
        ["1795219200", 1795219200000],
        ["1795219200123", 1795219200123],
        ["1795219200123456", 1795219200123],
        ["1795219200123456789", 1795219200123],
        ["1_795_219_200", 1795219200000],
        ["20261121", Date.UTC(2026, 10, 21)],
        ["99999999", 99999999000],
        ["2026-11-21T10:30:00Z", Date.UTC(2026, 10, 21, 10, 30)],
        ["2026-11-21T10:30:00+02:00", Date.UTC(2026, 10, 21, 8, 30)],
    ])("reads %s", (text, expected) => {
        expect(parseTime(text, now)).toBe(expected);
    });

    it.each(["yesterday", "now-", "now-1", "now-1parsec", "now*2", "2026-13-45", "1h"])("refuses %s", (text) => {
        expect(parseTime(text, now)).toBeUndefined();
    });

    it("reads what formatTime writes", () => {
        for (const at of [now, now + 7000, Date.UTC(2024, 1, 29, 23, 59)]) {
            expect(parseTime(formatTime(at), now)).toBe(at);
        }
    });
});

describe("ranges", () => {
    it("refuses empty and reversed ones", () => {
        expect(resolveRange("now-1h", "now", now)).toEqual({ from: now - minutes(60), until: now });
        expect(resolveRange("now", "now-1h", now)).toBeUndefined();
        expect(resolveRange("now", "now", now)).toBeUndefined();
        expect(resolveRange("soon", "now", now)).toBeUndefined();
    });

    it("are described shortly", () => {
        expect(describeRange("now-15m", "now", now)).toBe("Last 15m");
        const from = formatTime(now);
        expect(describeRange(`${now}`, `${now + minutes(5)}`, now)).toBe(
            `${from} – ${formatTime(now + 300_000).slice(11)}`,
        );
    });

    it("get a round step that never needs more points than asked for", () => {
        for (const hours of [0.01, 0.5, 1, 3, 24, 24 * 7, 24 * 365, 24 * 3650]) {
            const step = stepSeconds({ from: 0, until: hours * 3.6e6 }, 300);
            expect((hours * 3600) / step).toBeLessThanOrEqual(300);
            expect(step).toBeGreaterThanOrEqual(30);
        }
        expect(stepSeconds({ from: 0, until: 3.6e6 }, 300)).toBe(30);
    });
});
