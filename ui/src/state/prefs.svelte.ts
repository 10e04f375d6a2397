/** What a reader chose once and for all, kept in this browser: theme, tenant, last service. */
import { recall, remember } from "../lib/storage.ts";
import { readTenant } from "./url.ts";

export type Theme = "system" | "light" | "dark";

const system = matchMedia("(prefers-color-scheme: dark)");
const stored = recall("theme");

class Prefs {
    theme = $state<Theme>(stored === "light" || stored === "dark" ? stored : "system");
    #systemDark = $state(system.matches);
    dark = $derived(this.theme === "system" ? this.#systemDark : this.theme === "dark");
    tenant = $state(readTenant());
    readonly lastService = recall("service");

    constructor() {
        system.addEventListener("change", (event) => (this.#systemDark = event.matches));
    }

    nextTheme(): void {
        const order: Theme[] = this.#systemDark ? ["system", "light", "dark"] : ["system", "dark", "light"];
        this.theme = order[(order.indexOf(this.theme) + 1) % 3]!;
        remember("theme", this.theme === "system" ? "" : this.theme);
    }

    setTenant(tenant: string): void {
        this.tenant = tenant.trim();
        remember("tenant", this.tenant);
    }
}

export const prefs = new Prefs();

export const caller = () => ({ base: document.baseURI, tenant: prefs.tenant });
