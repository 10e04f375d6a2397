import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { suite, useBrowser } from "./browser.ts";
import { Server } from "./server.ts";

/** Elements one can act on that have no name, or less room than a fingertip needs. */
const poorControls = (page: Page) =>
    page.locator("button, input, select, a, [role=application], [role=tab]").evaluateAll((found) =>
        found
            .filter((element) => element.checkVisibility())
            .filter((element) => {
                const { width, height } = element.getBoundingClientRect();
                const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
                const label = element.getAttribute("aria-label") ?? labels[0]?.textContent ?? element.textContent;
                return !label?.trim() || width < 24 || height < 24;
            })
            .map((element) => element.outerHTML.slice(0, 120)),
    );

/** Texts with less contrast to what is behind them than 4.5:1. */
const faintTexts = (page: Page) =>
    page.evaluate(() => {
        const probe = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })!;
        const paint = (colours: string[]) => {
            for (const colour of colours) {
                probe.fillStyle = colour;
                probe.fillRect(0, 0, 1, 1);
            }
            return [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3);
        };
        const light = (rgb: number[]) =>
            rgb
                .map((value) => value / 255)
                .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
                .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i]!, 0);
        const faint: string[] = [];
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            const element = texts.currentNode.parentElement!;
            const text = texts.currentNode.textContent!.trim();
            if (text === "" || !element.checkVisibility() || element.closest("option, script, noscript, .unseen"))
                continue;
            const behind: string[] = [];
            for (let at: Element | null = element; at; at = at.parentElement)
                behind.unshift(getComputedStyle(at).backgroundColor);
            const back = light(paint(["#ffffff", ...behind]));
            const front = light(paint(["#ffffff", ...behind, getComputedStyle(element).color]));
            const ratio = (Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05);
            if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${text.slice(0, 40)}`);
        }
        return faint;
    });

const duplicateIds = (page: Page) =>
    page.locator("[id]").evaluateAll((found) => {
        const ids = found.map((element) => element.id);
        return ids.filter((id, i) => ids.indexOf(id) !== i);
    });

const brokenReferences = (page: Page) =>
    page
        .locator("[aria-labelledby], [aria-describedby], [aria-activedescendant]")
        .evaluateAll((found) =>
            found
                .flatMap((element) =>
                    ["aria-labelledby", "aria-describedby", "aria-activedescendant"].map((name) =>
                        element.getAttribute(name),
                    ),
                )
                .filter((id) => id !== null && !document.getElementById(id)),
        );

const check = async (page: Page) => {
    expect(await poorControls(page)).toEqual([]);
    expect(await faintTexts(page)).toEqual([]);
    expect(await duplicateIds(page)).toEqual([]);
    expect(await brokenReferences(page)).toEqual([]);
    expect(await page.locator("h1").count()).toBe(1);
    expect(await page.locator("main").count()).toBe(1);
};

suite("The page is usable for everybody", () => {
    const { open } = useBrowser();
    let server: Server;
    beforeAll(async () => {
        server = await Server.start();
        await server.push("app.cpu{region=eu}", { "main;work": 30, "main;idle": 10 });
    });
    afterAll(() => server?.stop());

    for (const colorScheme of ["light", "dark"] as const) {
        it(`has names, contrast and sound roles (${colorScheme})`, async () => {
            const nothing = await Server.start();
            const welcome = await open(nothing.url, { colorScheme });
            await welcome.getByRole("heading", { name: "Send the first profile" }).waitFor();
            await check(welcome);
            await welcome.close();
            await nothing.stop();

            const page = await open(`${server.url}/?q=work&fn=idle&groupBy=region`, { colorScheme });
            await page.getByText("1 function").waitFor();
            await check(page);
            await page.getByRole("button", { name: /^Service/ }).click();
            await check(page);
            await page.keyboard.press("Escape");
            await page.getByRole("button", { name: "Last 1h" }).click();
            await check(page);
            await page.keyboard.press("Escape");
            await page.keyboard.press("?");
            await check(page);
        });
    }

    it("can be walked through with Tab, in the order it is read, with the focus seen", async () => {
        const page = await open(server.url);
        await page.getByRole("button", { name: "work" }).waitFor();
        const order: string[] = [];
        for (let i = 0; i < 40; i++) {
            await page.keyboard.press("Tab");
            const at = await page.evaluate(() => {
                const element = document.activeElement!;
                if (element === document.body) return "";
                const visible = [element, element.closest(".box, .flame")].some(
                    (one) => one && getComputedStyle(one).outlineStyle !== "none",
                );
                const name =
                    element.getAttribute("aria-label") ?? element.getAttribute("title") ?? element.textContent!;
                return `${visible ? "" : "UNSEEN "}${name.trim()}`;
            });
            if (at === "") break;
            order.push(at);
        }
        expect(order.filter((name) => name.startsWith("UNSEEN"))).toEqual([]);
        const places = [
            /^Pyroscope/,
            /^Time range/,
            /^Refresh/,
            /^Theme/,
            /^Service/,
            /^Type/,
            /^Label matchers/,
            /^Run/,
        ];
        places.push(/^Group by/, /^Both/, /^Search functions/, /^Self|^Function/, /^work/, /^Flame graph/);
        const found = places.map((place) => order.findIndex((name) => place.test(name)));
        expect(found).toEqual([...found].sort((a, b) => a - b));
        expect(found).not.toContain(-1);
    });

    it("works at 360 pixels and at twice the text size", async () => {
        for (const viewport of [
            { width: 360, height: 740 },
            { width: 640, height: 400 },
        ]) {
            const page = await open(server.url, { viewport });
            await page.getByRole("button", { name: "work" }).waitFor();
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            expect(wide).toBeLessThanOrEqual(0);
            await page.locator(".seen canvas").first().scrollIntoViewIfNeeded();
            expect((await page.locator(".seen canvas").first().boundingBox())!.width).toBeGreaterThan(250);
        }
    });
});
