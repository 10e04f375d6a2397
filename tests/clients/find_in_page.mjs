/* Opens the page on a service's CPU profile in a real browser and searches for a function; prints as JSON what the page
 * shows: the rows of the table and the line under the search. Usage: node find_in_page.mjs URL SERVICE TYPE FUNCTION */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";

const { chromium } = createRequire(new URL("../../ui/package.json", import.meta.url))("playwright-core");
const executablePath = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].find((path) => existsSync(path));
const [url, service, type, name] = process.argv.slice(2);

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const problems = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    const query = encodeURIComponent(`{service_name=${JSON.stringify(service)}}`);
    await page.goto(`${url}/?query=${query}&type=${type}&from=now-1h&until=now&q=${encodeURIComponent(name)}`);
    await page.locator(".flame canvas").first().waitFor();
    await page.locator(".found b").waitFor();
    const rows = await page.locator("tbody tr[data-row]").evaluateAll((found) =>
        found.map((row) => row.querySelector("button").textContent.trim()),
    );
    console.log(JSON.stringify({ rows, found: await page.locator(".found").innerText(), problems }));
} finally {
    await browser.close();
}
