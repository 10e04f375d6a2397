/** Requests to the server that served the page. All addresses are relative to <base href>. */

/** A request that got no good answer; `code` as Connect names it, "offline" where there was no answer at all. */
export class ApiError extends Error {
    constructor(
        readonly code: string,
        message: string,
    ) {
        super(message);
    }
}

export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError";

export interface Caller {
    /** Absolute address of the page's root, ending in a slash. */
    base: string;
    tenant: string;
}

async function failure(answer: Response): Promise<ApiError> {
    const text = await answer.text();
    try {
        const { code, message } = JSON.parse(text) as { code?: string; message?: string };
        return new ApiError(code ?? "unknown", message || `The server answered ${answer.status}.`);
    } catch {
        return new ApiError("unknown", text.trim().slice(0, 300) || `The server answered ${answer.status}.`);
    }
}

/** fetch, with every failure an ApiError but an abort. */
export async function request(caller: Caller, path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (caller.tenant) headers.set("X-Scope-OrgID", caller.tenant);
    let answer: Response;
    try {
        answer = await fetch(new URL(path, caller.base), { ...init, headers });
    } catch (error) {
        if (isAbort(error)) throw error;
        throw new ApiError("offline", "The server cannot be reached.");
    }
    if (!answer.ok) throw await failure(answer);
    return answer;
}

/** One call of querier.v1 over Connect. */
export async function query<T>(caller: Caller, method: string, message: object, signal?: AbortSignal): Promise<T> {
    const answer = await request(caller, `querier.v1.QuerierService/${method}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Connect-Protocol-Version": "1" },
        body: JSON.stringify(message),
        signal: signal ?? null,
    });
    return (await answer.json()) as T;
}

export interface Selection {
    query: string;
    type: string;
    from: number;
    until: number;
    maxNodes: string;
}

export async function fetchTree(caller: Caller, selection: Selection, signal?: AbortSignal): Promise<ArrayBuffer> {
    const { query, type, from, until, maxNodes } = selection;
    const nodes = `${Number(maxNodes) || 0}`;
    const search = new URLSearchParams({ query, type, from: `${from}`, until: `${until}`, maxNodes: nodes });
    const answer = await request(caller, `api/v2/tree?${search}`, { signal: signal ?? null });
    return answer.arrayBuffer();
}
