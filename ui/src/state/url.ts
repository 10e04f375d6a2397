/** The view as the URL writes it. */
import { fromLegacy } from "../lib/query.ts";
import { recall } from "../lib/storage.ts";
import { defaultFrom, defaultUntil } from "../lib/time.ts";

export const defaults = {
    /** Label selector; empty: none chosen yet. */
    query: "",
    /** Profile type id. */
    type: "",
    from: defaultFrom,
    until: defaultUntil,
    /** Automatic refresh, as a duration; empty: off. */
    refresh: "",
    groupBy: "",
    /** both, flame or table. */
    view: "both",
    /** Search: text or /expression/. */
    q: "",
    /** The selected function. */
    fn: "",
    /** Zoomed frame (its path's key), and the part of its width that is shown. */
    at: "",
    x: "",
    /** Table column; a minus in front: largest first. */
    sort: "-self",
    maxNodes: "16384",
};

export type View = typeof defaults;

export const names = Object.keys(defaults) as (keyof View)[];

/** The view, and the sample type an old link names without its profile type. */
export function readUrl(): { view: View; sample: string | undefined } {
    const search = new URLSearchParams(location.search);
    const view = { ...defaults };
    for (const name of names) view[name] = search.get(name) ?? defaults[name];
    const legacy = fromLegacy(view.query);
    if (!legacy) return { view, sample: undefined };
    return { view: { ...view, query: legacy.query, type: view.type || (legacy.type ?? "") }, sample: legacy.sample };
}

// The characters selectors are made of stay readable; a browser escapes what it must.
const encode = (text: string) =>
    encodeURIComponent(text).replace(/%(?:7B|7D|3D|2C|3A|2F|7E|5B|5D|40|24)/g, decodeURIComponent);

export function address(view: View): string {
    const search = names.filter((name) => view[name] !== defaults[name]).map((name) => `${name}=${encode(view[name])}`);
    return location.pathname + (search.length ? `?${search.join("&")}` : "");
}

/** The tenant a link names, else the last one. */
export const readTenant = (): string => new URLSearchParams(location.search).get("tenant") ?? recall("tenant");
