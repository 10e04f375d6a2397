/** Searching for functions: text, or a regular expression between slashes. */
import { walk } from "./functions.ts";
import { isDropped, type TreeShape } from "./model.ts";

export interface Pattern {
    test(name: string): boolean;
}

const asRegex = (query: string): string | undefined => /^\/([\s\S]+)\/$/.exec(query)?.[1];

/** Upper case in a query asks for exact case; in an expression, escapes such as \S do not count. */
const flagsOf = (source: string): string => (/\p{Lu}/u.test(source.replace(/\\[\s\S]/g, "")) ? "u" : "iu");

/** Compiles `text` or `/expression/`; throws a SyntaxError that says what is wrong. Undefined for an empty query. */
export function compile(query: string): Pattern | undefined {
    if (query === "") return undefined;
    const source = asRegex(query);
    if (source !== undefined) return new RegExp(source, flagsOf(source));
    if (flagsOf(query) === "u") return { test: (name) => name.includes(query) };
    const lower = query.toLowerCase();
    return { test: (name) => name.toLowerCase().includes(lower) };
}

export const isRegex = (query: string): boolean => asRegex(query) !== undefined;

/** Switches between text and expression, keeping what was typed. */
export const toggleRegex = (query: string): string => asRegex(query) ?? (query && `/${query}/`);

export interface Found {
    /** By name id: 1 where the name matches. */
    matches: Uint8Array;
    /** How many functions match. */
    functions: number;
    /** What the matching frames cost together; frames below a matching frame are in it already. */
    total: number;
    /** The outermost matching frames, from left to right. They do not overlap. */
    hits: Uint32Array;
}

export function searchTree(tree: TreeShape, pattern: Pattern): Found {
    const matches = Uint8Array.from(tree.names, (name) => (pattern.test(name) ? 1 : 0));
    const used = new Uint8Array(tree.names.length);
    const hits: number[] = [];
    let total = 0;
    for (let node = 1; node < tree.count; node++) if (!isDropped(tree, node)) used[tree.name[node]!] = 1;
    walk(tree, (node) => {
        if (node === 0 || !matches[tree.name[node]!]) return true;
        if (isDropped(tree, node)) return true;
        hits.push(node);
        total += tree.total[node]!;
        return false;
    });
    const functions = matches.reduce((sum, match, id) => sum + (match & used[id]!), 0);
    return { matches, functions, total, hits: Uint32Array.from(hits) };
}
