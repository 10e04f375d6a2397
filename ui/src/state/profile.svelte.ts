/** The call tree on the screen. */
import { fetchTree } from "../api/client.ts";
import { Flames } from "../api/flame.ts";
import type { Profile } from "../api/profile.ts";
import type { Range } from "../lib/time.ts";
import { takeTree } from "./ahead.ts";
import { Load } from "./load.svelte.ts";
import { caller } from "./prefs.svelte.ts";
import { view } from "./view.svelte.ts";

export const flames = new Flames();
export const flame = new Load<Profile>();

/** Loads what the view names; `range` is what its times mean now. */
export const loadProfile = (range: Range): Promise<void> =>
    flame.run(async (signal) =>
        flames.decode(await (takeTree(view) ?? fetchTree(caller(), { ...view, ...range }, signal))),
    );
