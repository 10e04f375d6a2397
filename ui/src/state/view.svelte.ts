/** Everything on the screen is in the URL, and only here: a change of the view is a change of the URL and back. */
import { address, names, readUrl, type View } from "./url.ts";

export { address };

/** Resolved once the types are known. */
let legacySample: string | undefined;

function read(): View {
    const { view, sample } = readUrl();
    legacySample = sample ?? legacySample;
    return view;
}

export function takeLegacySample(): string | undefined {
    const sample = legacySample;
    legacySample = undefined;
    return sample;
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
