/** Debian's Chromium, and a page that is watched: errors on the console and requests to other hosts fail the test. */
import { existsSync } from "node:fs";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { program, programMissing } from "./server.ts";

const candidates = [
    "/usr/bin/chromium-headless-shell",
    "/usr/bin/chromium",
    "/usr/lib/chromium/chromium-headless-shell",
];
const executablePath = process.env["CHROMIUM"] ?? candidates.find((path) => existsSync(path));

/** A suite that needs the server and a browser: skipped where one is missing, which under CI is a failure. */
export function suite(name: string, body: () => void): void {
    const missing = programMissing
        ? `the server (${program})`
        : executablePath
          ? ""
          : "Chromium (apt: chromium-headless-shell)";
    if (missing && process.env["CI"] === "true") throw new Error(`${name}: ${missing} is missing`);
    if (missing) console.warn(`${name}: skipped, ${missing} is missing`);
    describe.skipIf(missing !== "")(name, body);
}

interface Watched {
    page: Page;
    problems: string[];
}

/** Gives each test fresh pages and looks after them. Problems that are meant to happen are named with `expected`. */
export function useBrowser() {
    let browser: Browser;
    let watched: Watched[] = [];
    let expected: RegExp | undefined;

    beforeAll(async () => {
        browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    });
    afterAll(() => browser?.close());
    afterEach(async () => {
        const problems = watched.flatMap((one) => one.problems).filter((problem) => !expected?.test(problem));
        await Promise.all(watched.map(({ page }) => page.context().close()));
        watched = [];
        expected = undefined;
        expect(problems).toEqual([]);
    });

    const open = async (url: string, options: BrowserContextOptions = {}): Promise<Page> => {
        const viewport = { width: 1280, height: 800 };
        const context = await browser.newContext({
            viewport,
            reducedMotion: "reduce",
            colorScheme: "light",
            ...options,
        });
        const page = await context.newPage();
        const problems: string[] = [];
        watched.push({ page, problems });
        const { origin } = new URL(url);
        page.on("console", (message) => {
            if (message.type() === "error" || message.type() === "warning") problems.push(`console: ${message.text()}`);
        });
        page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
        page.on("dialog", (dialog) => problems.push(`dialog: ${dialog.message()}`));
        page.on("request", (request) => {
            if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("data:"))
                problems.push(`request to ${request.url()}`);
        });
        page.setDefaultTimeout(15_000);
        await page.goto(url);
        return page;
    };
    return { open, expectProblems: (pattern: RegExp) => (expected = pattern) };
}

/** Rows of the function table as shown: name, self and total share. */
export const rows = (page: Page): Promise<string[][]> =>
    page
        .locator("tbody tr[data-row]")
        .evaluateAll((found) =>
            found.map((row) => [
                row.querySelector("button")!.textContent!.trim(),
                ...[...row.querySelectorAll("td b")].map((cell) => cell.textContent!),
            ]),
        );

export const parameter = (page: Page, name: string): string | null => new URL(page.url()).searchParams.get(name);

/** The middle of what a share of the graph's width and a level are on the screen. */
export async function framePoint(page: Page, share: number, level: number, levels: number) {
    const box = (await page.locator(".scroller .seen canvas").first().boundingBox())!;
    const { height, top } = await page.locator(".flame .scroller").evaluate((scroller) => ({
        height: (scroller.firstElementChild as HTMLElement).style.height,
        top: scroller.scrollTop,
    }));
    const row = parseFloat(height) / levels;
    return { x: box.x + box.width * share, y: box.y + row * (level + 0.5) - top };
}

/** What a canvas shows, to tell whether it changed. */
export const picture = (page: Page, selector: string): Promise<string> =>
    page.locator(selector).evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
