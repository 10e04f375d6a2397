import type { Page, Request } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { framePoint, parameter, picture, rows, suite, useBrowser } from "./browser.ts";
import { Server } from "./server.ts";

const hostile = "<img src=x onerror=alert(1)>";
const reversed = "\u202egnp.exe";

/* shop: 400 samples in 4 levels below the root.
     total ─ main 400 ─ serve 300 ─ json.Marshal 120 ─ json.encode 60
                                  ├ walk 80 ─ walk 60 ─ json.Marshal 40
                                  └ db.Query 100
                      ├ gc 60
                      └ <img …> 40 ─ reversed 10 */
const shop = {
    "main;serve;json.Marshal": 60,
    "main;serve;json.Marshal;json.encode": 60,
    "main;serve;walk": 20,
    "main;serve;walk;walk": 20,
    "main;serve;walk;walk;json.Marshal": 40,
    "main;serve;db.Query": 100,
    "main;gc": 60,
    [`main;${hostile}`]: 30,
    [`main;${hostile};${reversed}`]: 10,
};
const levels = 6;

suite("Explore", () => {
    const { open, expectProblems } = useBrowser();
    let server: Server;

    beforeAll(async () => {
        server = await Server.start();
        const now = Math.floor(Date.now() / 1000);
        for (const ago of [1500, 900, 300]) await server.push("shop.cpu{region=eu,version=2.1}", shop, now - ago);
        await server.push("shop.cpu{region=us,version=1.9}", { "main;onlyInUs": 500 }, now - 600);
        await server.push("shop.cpu{region=eu,version=1.9}", { "main;onlyInOld": 500 }, now - 600);
        await server.push("billing.cpu", { "main;bill": 100 }, now - 100);
        await server.push("billing.alloc_space", { "main;allocate": 4096 }, now - 100);
    });
    afterAll(() => server?.stop());

    const selection = (query: string, more = "") =>
        `${server.url}/?query=${encodeURIComponent(query)}&type=process_cpu:cpu:nanoseconds:cpu:nanoseconds${more}`;
    const shopUrl = (more = "") => selection('{service_name="shop", region="eu", version="2.1"}', more);

    const openShop = async (more = ""): Promise<Page> => {
        const page = await open(shopUrl(more));
        await page.locator(".flame canvas, tbody tr").first().waitFor();
        return page;
    };
    const names = async (page: Page) => (await rows(page)).map(([name]) => name);
    const hoverText = (page: Page) => page.locator(".strip").innerText();
    const clickFrame = async (page: Page, share: number, level: number) => {
        const { x, y } = await framePoint(page, share, level, levels);
        await page.mouse.click(x, y);
    };
    const crumbs = (page: Page) => page.getByRole("navigation", { name: "Zoomed frame" });

    it("loads what is chosen: service, then type", async () => {
        const page = await open(server.url);
        await page.getByRole("button", { name: "bill", exact: true }).waitFor(); // the first by name
        await page.getByRole("button", { name: /^Service/ }).click();
        await page.getByRole("combobox", { name: "Find service" }).fill("sho");
        await page.keyboard.press("Enter");
        await page.getByRole("button", { name: "onlyInUs" }).waitFor();
        expect(parameter(page, "query")).toBe('{service_name="shop"}');

        await page.getByRole("button", { name: /^Service/ }).click();
        await page.getByRole("option", { name: "billing" }).click();
        await page.getByRole("button", { name: /^Type/ }).click();
        await page.getByRole("option", { name: /Allocated bytes/ }).click();
        await page.getByRole("button", { name: "allocate", exact: true }).waitFor();
        expect(parameter(page, "type")).toBe("memory:alloc_space:bytes::");
        await expect.poll(() => page.locator(".timeline").innerText()).toMatch(/Allocated bytes/);
        expect(await page.locator("tbody td").nth(1).innerText()).toContain("4 KiB");
    });

    it("sends every matcher to the server, for the graph and for the timeline", async () => {
        const page = await open(selection('{service_name="shop"}'));
        await page.getByRole("button", { name: "onlyInUs" }).waitFor();
        const matchers = 'region="eu", version=~"2.*", version!="1.9", region!~"us|ap"';
        const sent: Request[] = [];
        page.on("request", (request) => sent.push(request));
        await page.getByRole("combobox", { name: "Label matchers" }).fill(matchers);
        await page.keyboard.press("Enter");
        await expect.poll(() => names(page)).not.toContain("onlyInUs");
        expect(await names(page)).toContain("json.Marshal");
        expect(await names(page)).not.toContain("onlyInOld");

        const wanted = `{service_name="shop", ${matchers}}`;
        const tree = sent.find((request) => request.url().includes("/api/v2/tree"))!;
        expect(new URL(tree.url()).searchParams.get("query")).toBe(wanted);
        const series = sent.find((request) => request.url().endsWith("/SelectSeries"))!;
        expect(JSON.parse(series.postData()!)).toMatchObject({ labelSelector: wanted });
        expect(parameter(page, "query")).toBe(wanted);

        await page.reload();
        expect(await page.getByRole("combobox", { name: "Label matchers" }).inputValue()).toBe(matchers);
    });

    it("completes names and values by keyboard alone", async () => {
        const page = await open(selection('{service_name="shop"}'));
        await page.getByRole("button", { name: "onlyInUs" }).waitFor();
        const input = page.getByRole("combobox", { name: "Label matchers" });
        await input.focus();
        await page.keyboard.type("reg");
        await page.getByRole("option", { name: "region" }).waitFor();
        await page.keyboard.press("ArrowDown");
        await page.keyboard.press("Enter");
        expect(await input.inputValue()).toBe('region="');
        await page.getByRole("option", { name: "us" }).waitFor();
        expect(await page.locator("#suggestions li").allInnerTexts()).toEqual(["eu", "us"]);
        await page.keyboard.type("u");
        await expect.poll(() => page.locator("#suggestions li").allInnerTexts()).toEqual(["us", "eu"]);
        await page.keyboard.press("ArrowDown");
        const active = await input.getAttribute("aria-activedescendant");
        expect(await page.locator(`#${active}`).getAttribute("aria-selected")).toBe("true");
        await page.keyboard.press("Enter");
        expect(await input.inputValue()).toBe('region="us"');
        // The next name is asked for in the company of the first matcher, which has one version only.
        await page.keyboard.type(', version="');
        await expect.poll(() => page.locator("#suggestions li").allInnerTexts()).toEqual(["1.9"]);
        await page.keyboard.press("ArrowDown");
        await page.keyboard.press("Enter");
        await page.keyboard.press("Enter");
        await expect.poll(() => names(page)).toEqual(["onlyInUs", "main"]);
    });

    it("shows the server's message about a bad selector and keeps the graph", async () => {
        expectProblems(/status of 400/);
        const page = await openShop();
        const before = await rows(page);
        const input = page.getByRole("combobox", { name: "Label matchers" });
        for (const bad of ['region=~"("', "region=", 'a="b" c']) {
            const answered = page.waitForResponse((response) => response.url().includes("/api/v2/tree"));
            await input.fill(bad);
            await page.keyboard.press("Enter");
            const { message } = (await (await answered).json()) as { message: string };
            await expect.poll(() => page.getByRole("alert").innerText()).toContain(message);
            expect(await rows(page)).toEqual(before);
            expect(await input.inputValue()).toBe(bad);
        }
        await input.fill('region="eu", version="2.1"');
        await page.keyboard.press("Enter");
        await page.getByRole("alert").waitFor({ state: "detached" });
    });

    it("zooms in time by dragging, and Back undoes it", async () => {
        const page = await openShop();
        const chart = page.locator(".timeline canvas");
        await chart.waitFor();
        const box = (await chart.boundingBox())!;
        const before = Date.now();
        await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
        await page.mouse.down();
        await page.mouse.move(box.x + box.width * 0.6, box.y + 50, { steps: 4 });
        await page.locator(".brush").waitFor();
        await page.mouse.up();
        await expect.poll(() => parameter(page, "from")).not.toBeNull();
        const [from, until] = [Number(parameter(page, "from")), Number(parameter(page, "until"))];
        // A tenth of the canvas is a little more than a tenth of the hour; half of it is about half an hour ago.
        expect(until - from).toBeGreaterThan(5 * 60_000);
        expect(until - from).toBeLessThan(8 * 60_000);
        expect(Math.abs(before - from - 30 * 60_000)).toBeLessThan(4 * 60_000);

        await page.goBack();
        expect(parameter(page, "from")).toBeNull();
        await page.getByRole("button", { name: "Last 1h" }).waitFor();
        await page.goForward();
        expect(Number(parameter(page, "from"))).toBe(from);
    });

    it("takes times from the picker: presets, offsets, dates, and says what is wrong", async () => {
        const page = await openShop();
        await page.getByRole("button", { name: "Last 1h" }).click();
        await page.getByRole("button", { name: "Last 30m" }).click();
        await expect.poll(() => parameter(page, "from")).toBe("now-30m");
        await page.getByRole("button", { name: "Last 30m" }).click();
        await page.getByLabel("From").fill("now-1h30m");
        await page.getByLabel("Until").fill("soon");
        await page.getByText("“Until” is no time.").waitFor();
        expect(await page.getByRole("button", { name: "Apply" }).isDisabled()).toBe(true);
        await page.getByLabel("Until").fill("now-45m");
        await page.getByLabel("Until").press("Enter");
        await expect.poll(() => parameter(page, "until")).toBe("now-45m");
        await page.getByText("No samples in this range.").waitFor();
    });

    it("refreshes by itself while time goes on", async () => {
        const page = await open(selection('{service_name="live"}', "&from=now-5m&refresh=1s"));
        const until: number[] = [];
        page.on("request", (request) => {
            const { pathname, searchParams } = new URL(request.url());
            if (pathname.endsWith("/tree")) until.push(Number(searchParams.get("until")));
        });
        await page.getByText("No samples in this range.").waitFor();
        await server.push("live.cpu", { "main;arrivesLater": 10 });
        await page.getByRole("button", { name: "arrivesLater" }).waitFor();
        await expect.poll(() => until.length, { timeout: 10_000 }).toBeGreaterThan(2);
        expect([...until].sort((a, b) => a - b)).toEqual(until);
        expect(until.at(-1)! - until[0]!).toBeGreaterThan(900);
    });

    it("zooms to a clicked frame; crumbs, Escape, Back and a reload know it", async () => {
        const page = await openShop("&view=flame");
        const { x, y } = await framePoint(page, 0.1, 2, levels);
        await page.mouse.move(x, y);
        await expect.poll(() => hoverText(page)).toMatch(/^serve\s+self 0 %.*total 75\.0 %/s);
        await clickFrame(page, 0.1, 2); // serve, the widest child of main
        await expect.poll(() => crumbs(page).innerText()).toMatch(/total.*main.*serve/s);
        const at = parameter(page, "at");
        expect(at).not.toBeNull();
        // serve fills the width now: its last child, walk, ends at the right edge.
        const right = await framePoint(page, 0.99, 3, levels);
        await page.mouse.move(right.x, right.y);
        await expect.poll(() => hoverText(page)).toMatch(/^walk/);

        await page.reload();
        await expect.poll(() => crumbs(page).innerText()).toMatch(/serve/);
        expect(parameter(page, "at")).toBe(at);

        await crumbs(page).getByRole("button", { name: "main" }).click();
        await expect.poll(() => crumbs(page).locator("[aria-current]").innerText()).toBe("main");
        await page.keyboard.press("Escape");
        await expect.poll(() => parameter(page, "at")).toBe(at);
        await crumbs(page).getByRole("button", { name: "Show the whole graph" }).click();
        await expect.poll(() => parameter(page, "at")).toBeNull();
        await page.goBack();
        await expect.poll(() => parameter(page, "at")).toBe(at);
    });

    it("walks the graph by keyboard and says where it is", async () => {
        const page = await openShop("&view=flame");
        const graph = page.getByRole("application", { name: "Flame graph" });
        await graph.focus();
        const said = page.locator(".flame [aria-live]");
        await page.keyboard.press("ArrowDown");
        await expect.poll(() => said.textContent()).toMatch(/^total: total 100\.0 %, 12 s/);
        await page.keyboard.press("ArrowDown");
        await page.keyboard.press("ArrowDown");
        await expect.poll(() => said.textContent()).toMatch(/^serve: total 75\.0 %, 9 s; self 0 %, 0 s; level 2/);
        await page.keyboard.press("ArrowRight");
        await expect.poll(() => said.textContent()).toMatch(/^gc: total 15\.0 %/);
        await page.keyboard.press("Enter");
        await expect.poll(() => crumbs(page).innerText()).toMatch(/gc/);
        await page.keyboard.press("Escape");
        await expect.poll(() => crumbs(page).locator("[aria-current]").innerText()).toBe("total");
    });

    it("searches by expression: functions, share without double counting, hits, next and previous", async () => {
        const page = await openShop();
        await page.keyboard.press("/");
        await page.keyboard.type("/^walk$|json/");
        // walk has 80, of which the Marshal below it is a part; json.Marshal beside it has 120: 200 of 400.
        await expect.poll(() => page.locator(".found").innerText()).toBe("3 functions · 50.0 %");
        expect((await names(page)).sort()).toEqual(["json.Marshal", "json.encode", "walk"]);
        await page.getByText("– / 2").waitFor();
        const strip = await picture(page, ".hits");
        await page.keyboard.press("Enter");
        await page.getByText("1 / 2").waitFor();
        expect(await picture(page, ".hits")).not.toBe(strip);
        await page.keyboard.press("Escape");
        await expect.poll(() => parameter(page, "q")).toBeNull();
        await expect.poll(() => picture(page, ".hits")).not.toBe(strip);

        await page.getByRole("searchbox").fill("/^walk$|json/");
        await page.getByText("– / 2").waitFor();
        await page.getByRole("searchbox").blur();
        for (const expected of ["1 / 2", "2 / 2", "1 / 2"]) {
            await page.keyboard.press("n");
            await page.getByText(expected).waitFor();
        }
        await page.keyboard.press("N");
        await page.getByText("2 / 2").waitFor();

        await page.getByRole("searchbox").fill("/(/");
        await expect.poll(() => page.locator(".found").innerText()).toMatch(/unterminated|missing/i);
        await page.getByRole("searchbox").fill("MARSHAL");
        await expect.poll(() => page.locator(".found").innerText()).toBe("0 functions · 0 %");
        await page.getByRole("searchbox").fill("marshal");
        await expect.poll(() => page.locator(".found").innerText()).toBe("1 function · 40.0 %");
    });

    it("gives up an expression that would not end", async () => {
        const page = await open(selection('{service_name="slow"}', "&from=now-5m"));
        await server.push("slow.cpu", { [`main;${"a".repeat(40)}!`]: 10 });
        await page.getByRole("button", { name: "Refresh", exact: true }).click();
        await page.getByRole("button", { name: "main" }).waitFor();
        await page.getByRole("searchbox").fill("/^(a+)+$/");
        await page.getByText("This pattern takes too long.").waitFor();
        await page.getByRole("searchbox").fill("main");
        await expect.poll(() => page.locator(".found").innerText()).toBe("1 function · 100.0 %");
    });

    it("sorts the table, and table and graph point at the same function", async () => {
        const page = await openShop();
        const header = (name: string) => page.getByRole("columnheader", { name });
        expect(await header("Self").getAttribute("aria-sort")).toBe("descending");
        expect((await rows(page))[0]).toEqual(["db.Query", "25.0 %", "25.0 %"]);
        await header("Total").getByRole("button").click();
        await expect.poll(() => header("Total").getAttribute("aria-sort")).toBe("descending");
        expect((await rows(page)).slice(0, 4)).toEqual([
            ["main", "0 %", "100.0 %"],
            ["serve", "0 %", "75.0 %"],
            ["json.Marshal", "25.0 %", "40.0 %"],
            ["db.Query", "25.0 %", "25.0 %"],
        ]);
        // walk calls itself: its total counts the outer frame only.
        expect(await rows(page)).toContainEqual(["walk", "10.0 %", "20.0 %"]);
        await header("Function").getByRole("button").click();
        await expect.poll(() => header("Function").getAttribute("aria-sort")).toBe("ascending");
        expect(parameter(page, "sort") ?? "name").toBe("name");

        await page.mouse.move(0, 0);
        const marks = await picture(page, ".marks");
        await page.getByRole("button", { name: "gc", exact: true }).hover();
        await expect.poll(() => picture(page, ".marks")).not.toBe(marks);
        await expect.poll(() => hoverText(page)).toMatch(/^gc\s+self 15\.0 %/);
        const { x, y } = await framePoint(page, 0.1, 2, levels);
        await page.mouse.move(x, y);
        await expect.poll(() => page.locator("tr.hot").innerText()).toMatch(/^serve/);

        await page.getByRole("button", { name: "walk", exact: true }).click();
        await expect.poll(() => parameter(page, "fn")).toBe("walk");
        await page.reload();
        await expect.poll(() => page.locator("tr.selected").innerText()).toMatch(/^walk/);
    });

    it("shows hostile names as text", async () => {
        const page = await openShop();
        await page.getByRole("button", { name: hostile }).waitFor();
        expect(await names(page)).toContain("\\u{202e}gnp.exe");
        expect(await page.locator("main img, main script").count()).toBe(0);
        const { x, y } = await framePoint(page, 0.92, 2, levels);
        await page.mouse.move(x, y);
        await expect.poll(() => hoverText(page)).toContain(hostile);
        await page.mouse.click(x, y);
        await expect.poll(() => crumbs(page).innerText()).toContain(hostile);
    });

    it("keeps a link's panes, grouping and service, and takes legacy queries", async () => {
        const page = await open(`${server.url}/?query=billing.alloc_space{}&view=table&groupBy=region`);
        await page.getByRole("button", { name: "allocate", exact: true }).waitFor();
        expect(await page.locator(".flame").count()).toBe(0);
        await page.getByRole("button", { name: /^Group by region/ }).waitFor();
        await expect.poll(() => parameter(page, "type")).toBe("memory:alloc_space:bytes::");
        await page.keyboard.press("1");
        await page.locator(".flame").waitFor();
        expect(parameter(page, "view")).toBeNull();
        await page.goBack();
        await page.locator(".flame").waitFor({ state: "detached" });
    });

    it("groups the timeline by a label", async () => {
        const page = await open(selection('{service_name="shop"}'));
        await page.getByRole("button", { name: /^Group by/ }).click();
        await page.getByRole("option", { name: "version" }).click();
        await expect.poll(() => page.locator(".timeline li").allInnerTexts()).toHaveLength(2);
        expect((await page.locator(".timeline li").allInnerTexts()).map((text) => text.trim())).toEqual(["2.1", "1.9"]);
        expect(parameter(page, "groupBy")).toBe("version");
    });

    it("follows the system's theme until one is chosen, which it remembers", async () => {
        const page = await open(shopUrl(), { colorScheme: "dark" });
        await page.locator("tbody tr").first().waitFor();
        const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const dark = await background();
        await page.emulateMedia({ colorScheme: "light" });
        await expect.poll(background).not.toBe(dark);
        const light = await background();
        const graph = await picture(page, ".seen canvas:first-child");
        await page.keyboard.press("t");
        await expect.poll(background).toBe(dark);
        await expect.poll(() => picture(page, ".seen canvas:first-child")).not.toBe(graph);
        await page.reload();
        await page.locator("tbody tr").first().waitFor();
        expect(await background()).toBe(dark);
        await page.keyboard.press("t");
        await page.keyboard.press("t");
        await expect.poll(background).toBe(light);
    });

    it("copies a link with absolute times", async () => {
        const page = await open(shopUrl("&from=now-30m"), { permissions: ["clipboard-read", "clipboard-write"] });
        await page.getByRole("button", { name: "Copy link" }).click();
        await page.getByText("Link copied.").waitFor();
        const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
        const [from, until] = ["from", "until"].map((name) => Number(link.searchParams.get(name)));
        expect(until! - from!).toBe(30 * 60_000);
        expect(Math.abs(until! - Date.now())).toBeLessThan(30_000);
        expect(link.searchParams.get("query")).toBe(parameter(page, "query"));
    });

    it("lists its shortcuts", async () => {
        const page = await openShop();
        await page.keyboard.press("?");
        const dialog = page.getByRole("dialog", { name: "Keyboard and mouse" });
        await dialog.getByText("search functions").waitFor();
        await page.keyboard.press("Escape");
        await dialog.waitFor({ state: "detached" });
        await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
        await dialog.getByRole("button", { name: "Close" }).click();
        await dialog.waitFor({ state: "detached" });
    });
});

suite("Large and deep profiles", () => {
    const { open } = useBrowser();
    let server: Server;
    const width = 50_000;
    const depth = 5_000;

    beforeAll(async () => {
        server = await Server.start();
        const wide = Object.fromEntries(Array.from({ length: width }, (_, i) => [`main;f${i}`, i + 1]));
        await server.push("wide.cpu", wide);
        await server.push("deep.cpu", { [Array.from({ length: depth }, (_, i) => `d${i}`).join(";")]: 100 });
    });
    afterAll(() => server?.stop());

    it("scrolls a table of 50,000 functions with few elements, and filters it", async () => {
        const page = await open(`${server.url}/?query={service_name="wide"}&maxNodes=1048576`);
        await page.getByRole("button", { name: `f${width - 1}` }).waitFor();
        const table = page.getByRole("table", { name: "Functions" });
        expect(await table.getAttribute("aria-rowcount")).toBe(`${width + 2}`);
        expect(await page.locator("tbody tr").count()).toBeLessThan(100);
        const scroller = page.locator(".scroller:has(table)");
        await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight));
        await page.getByRole("button", { name: "main" }).waitFor();
        const last = page.locator("tbody tr[data-row]").last();
        expect(await last.getAttribute("aria-rowindex")).toBe(`${width + 2}`);
        expect(await page.locator("tbody tr").count()).toBeLessThan(100);

        await page.getByRole("searchbox").fill("/^f4999.$/");
        await expect.poll(() => table.getAttribute("aria-rowcount")).toBe("11");
        await page.getByRole("button", { name: "f49999" }).waitFor();
    });

    it("folds what is too narrow into one box that can be opened", async () => {
        const page = await open(`${server.url}/?query={service_name="wide"}&maxNodes=1048576&view=flame`);
        await page.locator(".seen canvas").first().waitFor();
        const { x, y } = await framePoint(page, 0.5, 2, 3);
        await page.mouse.move(x, y);
        await expect.poll(() => page.locator(".strip").innerText()).toMatch(/50000 narrow frames/);
        await page.getByRole("application").focus();
        for (let i = 0; i < 12; i++) await page.keyboard.press("+");
        await page.mouse.move(x + 3, y);
        await expect.poll(() => page.locator(".strip").innerText()).toMatch(/^f\d+\s+self/);
    });

    it("says what the node limit left out, and loads it on demand", async () => {
        const page = await open(`${server.url}/?query={service_name="wide"}&maxNodes=1000`);
        await page.getByRole("button", { name: /% left out: load more/ }).click();
        await expect.poll(() => parameter(page, "maxNodes")).toBe("4000");
        const share = async () => parseFloat(await page.getByRole("button", { name: /left out/ }).innerText());
        await expect.poll(share).toBeLessThan(90);
    });

    it("draws and scrolls 5,000 levels", async () => {
        const page = await open(`${server.url}/?query={service_name="deep"}&view=flame`);
        await page.locator(".seen canvas").first().waitFor();
        const levels = depth + 1;
        await page.locator(".flame .scroller").evaluate((element) => element.scrollTo(0, element.scrollHeight));
        const { x, y } = await framePoint(page, 0.5, depth, levels);
        await expect
            .poll(async () => {
                await page.mouse.move(x, y);
                await page.mouse.move(x + 1, y);
                return page.locator(".strip").innerText();
            })
            .toMatch(/^d4999\s+self 100\.0 %/);
        const drawn = await page
            .locator(".seen canvas")
            .first()
            .evaluate((canvas) => (canvas as HTMLCanvasElement).height);
        expect(drawn).toBeLessThan(2000);
        await page.mouse.click(x, y);
        await page.getByText(/… \d+ …/).waitFor();
        await page.keyboard.press("Escape");
    });
});

suite("A server that goes away", () => {
    const { open, expectProblems } = useBrowser();

    it("is noticed, the graph stays, and Retry brings it back", async () => {
        expectProblems(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/);
        const server = await Server.start();
        try {
            await server.push("app.cpu", { "main;work": 30 });
            const page = await open(server.url);
            await page.getByRole("button", { name: "work" }).waitFor();
            await server.kill();
            await page.keyboard.press("r");
            await page.getByRole("alert").getByText("The server cannot be reached.").waitFor();
            expect(await rows(page)).toHaveLength(2);
            await server.resume();
            await server.push("app.cpu", { "main;again": 30 });
            await page.getByRole("button", { name: "Retry" }).click();
            await page.getByRole("button", { name: "again" }).waitFor();
            expect(await page.getByRole("alert").count()).toBe(0);
            // What was acknowledged before the kill is still there.
            expect(await rows(page)).toHaveLength(3);
        } finally {
            await server.stop();
        }
    });
});
