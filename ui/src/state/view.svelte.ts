/** Everything on the screen is in the URL, and only here: a change of the view is a change of the URL and back. */
import { fromLegacy } from "../lib/query.ts";
import { defaultFrom, defaultUntil } from "../lib/time.ts";

const defaults = {
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

const names = Object.keys(defaults) as (keyof View)[];

/** The sample type an old link names without its profile type; resolved once the types are known. */
let legacySample: string | undefined;

function read(): View {
    const search = new URLSearchParams(location.search);
    const view = { ...defaults };
    for (const name of names) view[name] = search.get(name) ?? defaults[name];
    const legacy = fromLegacy(view.query);
    if (legacy) {
        view.query = legacy.query;
        view.type ||= legacy.type ?? "";
        legacySample = legacy.sample;
    }
    return view;
}

export function takeLegacySample(): string | undefined {
    const sample = legacySample;
    legacySample = undefined;
    return sample;
}

// The characters selectors are made of stay readable; a browser escapes what it must.
const encode = (text: string) =>
    encodeURIComponent(text).replace(/%(?:7B|7D|3D|2C|3A|2F|7E|5B|5D|40|24)/g, decodeURIComponent);

export function address(view: View): string {
    const search = names.filter((name) => view[name] !== defaults[name]).map((name) => `${name}=${encode(view[name])}`);
    return location.pathname + (search.length ? `?${search.join("&")}` : "");
}

export const view: View = $state(read());

addEventListener("popstate", () => Object.assign(view, read()));

let pending = 0;

/** Changes the view: as a step the Back button undoes, or ("replace") as a correction of the current one. */
export function go(change: Partial<View>, how: "push" | "replace" = "push"): void {
    if (names.every((name) => change[name] === undefined || change[name] === view[name])) return;
    clearTimeout(pending);
    if (how === "push") {
        // What was typed since is part of the step that is left behind.
        history.replaceState(null, "", address($state.snapshot(view)));
        Object.assign(view, change);
        history.pushState(null, "", address(view));
        return;
    }
    Object.assign(view, change);
    // Typing and panning come in bursts, and browsers limit how often the address may change.
    pending = window.setTimeout(() => history.replaceState(null, "", address(view)), 120);
}
