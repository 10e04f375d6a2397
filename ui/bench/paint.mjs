/* How soon the page can be used: from the start of navigation to the flame graph and the table being on the screen, over
 * the first paint of an empty page that the same browser gets from the same server's host. Cold cache each time; the two
 * take turns, medians are compared. Run by `./dev bench page`; PYROSCOPE_BIN names the program. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const rounds = 15;
const recorded = { from: 1795132800000, until: 1795305600000 }; // the days of the recorded profiles
const program = resolve(process.env.PYROSCOPE_BIN ?? "../build/release/pyroscope");
const browserPath = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].find((path) => existsSync(path));

async function startServer(folder) {
    const child = spawn(program, ["server", `--storage-path=${folder}`, "--api-bind-addr=127.0.0.1:0"]);
    const port = await new Promise((resolve, reject) => {
        createInterface(child.stderr).on("line", (line) => {
            const found = /msg=serving\b.*\bport=(\d+)/.exec(line);
            if (found) resolve(found[1]);
        });
        child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    });
    return { child, url: `http://127.0.0.1:${port}` };
}

/** A real Go server's CPU profiles. They keep the time they were recorded at. */
async function fill(url) {
    for (let i = 1; i <= 9; i++) {
        const body = readFileSync(new URL(`../../bench/data/go-server-cpu-${i}.pb.gz`, import.meta.url));
        const answer = await fetch(`${url}/ingest?name=checkout{pod=p${i}}&format=pprof`, { method: "POST", body });
        if (!answer.ok) throw new Error(`/ingest answered ${answer.status}`);
    }
}

async function startEmptyPage() {
    const server = createServer((_, answer) =>
        answer.setHeader("content-type", "text/html").end("<!doctype html><p>here"),
    );
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { server, url: `http://127.0.0.1:${server.address().port}/` };
}

/** Milliseconds from navigation to what `watch` (run in the page before its own scripts) waits for. */
async function open(browser, url, watch) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript(watch);
    const late = setTimeout(() => context.close(), 60_000); // ends the wait with an error
    await page.goto(url, { waitUntil: "commit" });
    const taken = await page.evaluate(() => globalThis.reached);
    clearTimeout(late);
    await context.close();
    return taken;
}

const firstPaint = () => {
    globalThis.reached = new Promise((resolve) => {
        new PerformanceObserver((list) => {
            const entry = list.getEntriesByName("first-contentful-paint")[0];
            if (entry) resolve(entry.startTime);
        }).observe({ type: "paint", buffered: true });
    });
};

/** The frame is over in which rows of the table are there and the graph is drawn. Timers would be late: frames and answers
 * come before them. */
const interactive = () => {
    globalThis.reached = new Promise((resolve) => {
        const { port1: over, port2: frame } = new MessageChannel();
        const blank = document.createElement("canvas");
        const there = () =>
            document.querySelector("tbody tr[data-row]") && document.querySelector(".flame .seen canvas");
        const nextFrame = () => requestAnimationFrame(() => frame.postMessage(0));
        over.onmessage = () => {
            const canvas = there();
            // A canvas that was drawn on has the size of its place.
            if (canvas && canvas.width !== blank.width) resolve(performance.now());
            else nextFrame();
        };
        new MutationObserver((_, observer) => {
            if (!there()) return;
            observer.disconnect();
            nextFrame();
        }).observe(document, { childList: true, subtree: true });
    });
};

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

const folder = mkdtempSync(join(tmpdir(), "pyroscope-paint-"));
const server = await startServer(folder);
const empty = await startEmptyPage();
const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
try {
    await fill(server.url);
    const times = { empty: [], painted: [], interactive: [] };
    const page = `${server.url}/?query=${encodeURIComponent('{service_name="checkout"}')}&from=${recorded.from}&until=${recorded.until}&type=process_cpu:cpu:nanoseconds:cpu:nanoseconds`;
    for (let i = 0; i < rounds; i++) {
        times.empty.push(await open(browser, empty.url, firstPaint));
        times.painted.push(await open(browser, page, firstPaint));
        times.interactive.push(await open(browser, page, interactive));
    }
    const base = median(times.empty);
    console.log("| what | median | over an empty page's first paint |\n|---|---|---|");
    for (const [name, values] of Object.entries(times))
        console.log(`| ${name} | ${median(values).toFixed(0)} ms | ${(median(values) / base).toFixed(2)} x |`);
} finally {
    await browser.close();
    empty.server.close();
    server.child.removeAllListeners("exit");
    server.child.kill();
    rmSync(folder, { recursive: true, force: true });
}
