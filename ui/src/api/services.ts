/** Which services there are, and which profile types each has. */
import { query, type Caller } from "./client.ts";
import type { SeriesAnswer } from "./types.ts";

/** Type ids by service, both sorted. */
export type Services = Map<string, string[]>;

const day = 86_400_000;

export async function fetchServices(caller: Caller, signal?: AbortSignal): Promise<Services> {
    const message = {
        matchers: [],
        labelNames: ["service_name", "__profile_type__"],
        // All there is, so that an old service can be chosen; zero would be refused as a missing range.
        start: 1,
        end: Date.now() + day,
    };
    const answer = await query<SeriesAnswer>(caller, "Series", message, signal);
    const found: Services = new Map();
    for (const { labels = [] } of answer.labelsSet ?? []) {
        const service = labels.find(({ name }) => name === "service_name")?.value;
        const type = labels.find(({ name }) => name === "__profile_type__")?.value;
        if (service === undefined || type === undefined) continue;
        found.set(service, [...(found.get(service) ?? []), type]);
    }
    for (const types of found.values()) types.sort();
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The types of a service; of all services where none is chosen. */
export function typesOf(all: Services, service: string): string[] {
    const own = all.get(service);
    return own ?? (service === "" ? [...new Set([...all.values()].flat())].sort() : []);
}

/** What one most likely wants to see first. */
export function favouriteType(types: string[], wanted = "cpu"): string {
    const has = (sample: string) => types.find((type) => type.split(":")[1] === sample);
    return has(wanted) ?? has("cpu") ?? has("wall") ?? has("alloc_space") ?? types[0] ?? "";
}
