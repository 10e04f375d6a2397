import { afterEach, beforeEach, expect, it } from "vitest";
import { parameter, rows, suite, useBrowser } from "./browser.ts";
import { Server } from "./server.ts";

suite("an empty server", () => {
    const { open } = useBrowser();
    let server: Server;
    beforeEach(async () => {
        server = await Server.start();
    });
    afterEach(() => server.stop());

    it("shows snippets for its own address, and the graph within a second of the first profile", async () => {
        const page = await open(server.url);
        await page.getByRole("heading", { name: "Send the first profile" }).waitFor();
        for (const name of ["Go", "Python", "Node.js", "Rust", "Grafana Alloy", "go-zero", "Go, legacy client"]) {
            await page.getByRole("tab", { name, exact: true }).click();
            expect(await page.getByRole("tabpanel").textContent()).toContain(server.url);
        }
        await page.getByRole("tab", { name: "Folded stacks" }).click();
        expect(await page.locator("pre").textContent()).toContain(`${server.url}/ingest?name=my-app`);

        await server.push("first.cpu", { "main;work": 30, "main;idle": 10 });
        const sent = performance.now();
        await page.getByRole("button", { name: "work" }).waitFor();
        expect(performance.now() - sent).toBeLessThan(1000);
        expect(await rows(page)).toEqual([
            ["work", "75.0 %", "75.0 %"],
            ["idle", "25.0 %", "25.0 %"],
            ["main", "0 %", "100.0 %"],
        ]);
        await expect.poll(() => parameter(page, "query")).toBe('{service_name="first"}');
    });

    it("lets the snippets be walked by keyboard", async () => {
        const page = await open(server.url);
        await page.getByRole("tab", { name: "Go", exact: true }).focus();
        await page.keyboard.press("ArrowDown");
        expect(await page.getByRole("tab", { selected: true }).textContent()).toBe("Python");
        expect(await page.locator("pre").textContent()).toContain("pyroscope.configure");
    });
});

suite("a server behind a path prefix", () => {
    const { open } = useBrowser();

    it("serves the whole page below it", async () => {
        const server = await Server.start("--path-prefix=/profiles");
        try {
            await server.push("app.cpu", { "main;work": 30 });
            const page = await open(`${server.url}/profiles/`);
            const paths: string[] = [];
            page.on("request", (request) => paths.push(new URL(request.url()).pathname));
            await page.reload();
            await page.getByRole("button", { name: "work" }).waitFor();
            expect(paths.filter((path) => !path.startsWith("/profiles/"))).toEqual([]);
            await page.getByRole("button", { name: "Flame", exact: true }).click();
            expect(new URL(page.url()).pathname).toBe("/profiles/");
        } finally {
            await server.stop();
        }
    });
});
