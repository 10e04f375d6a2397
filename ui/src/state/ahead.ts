/**
 * What every opening of the page asks for first, asked for before the page itself is there: this module is a small
 * script of its own, and while it waits for the answers the browser reads the rest. Each answer is taken once, by who would else ask for it.
 */
import { fetchTree } from "../api/client.ts";
import { fetchServices, type Services } from "../api/services.ts";
import { resolveRange } from "../lib/time.ts";
import { readTenant, readUrl, type View } from "./url.ts";

/** Two views with the same key show the same tree. */
const treeKey = ({ query, type, from, until, maxNodes }: View) => JSON.stringify([query, type, from, until, maxNodes]);

const caller = { base: document.baseURI, tenant: readTenant() };
const { view } = readUrl();
const range = resolveRange(view.from, view.until, Date.now());

let services: Promise<Services> | undefined = fetchServices(caller);
let tree: { key: string; bytes: Promise<ArrayBuffer> } | undefined;
if (view.query !== "" && view.type !== "" && range)
    tree = { key: treeKey(view), bytes: fetchTree(caller, { ...view, ...range }) };

/** All is answered, well or not. */
export const answeredAhead: Promise<unknown> = Promise.allSettled([services, tree?.bytes]);

export function takeServices(): Promise<Services> | undefined {
    const taken = services;
    services = undefined;
    return taken;
}

/** Whatever was asked for, another view wants another tree and later ones a newer one. */
export function takeTree(view: View): Promise<ArrayBuffer> | undefined {
    const taken = tree?.key === treeKey(view) ? tree.bytes : undefined;
    forgetTree();
    return taken;
}

export const forgetTree = () => (tree = undefined);
