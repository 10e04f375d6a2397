/** Label selectors, `{service_name="checkout",region=~"eu-.*"}`: reading, writing, and what can be typed next. */

export type Operator = "=" | "!=" | "=~" | "!~";

export interface Matcher {
    name: string;
    op: Operator;
    value: string;
}

const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const nameToken = /[A-Za-z_][A-Za-z0-9_.]*|"(?:[^"\\]|\\.)*"/y;
const opToken = /=~|!~|!=|=/y;
const valueToken = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/y;
const spaceToken = /\s*/y;

const escapes: Record<string, string> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/** The text a quoted token stands for. */
function unquote(token: string): string {
    const inside = token.slice(1, -1);
    if (token[0] === "`") return inside;
    return inside.replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))/g, (_, u?: string, x?: string, c = "") =>
        u || x ? String.fromCharCode(parseInt((u || x)!, 16)) : (escapes[c] ?? c),
    );
}

/** JSON's escapes are a subset of those of the server. */
export const quote = (text: string): string => JSON.stringify(text);

export function formatMatcher({ name, op, value }: Matcher): string {
    return `${plainName.test(name) ? name : quote(name)}${op}${quote(value)}`;
}

export const formatSelector = (matchers: Matcher[]): string => `{${matchers.map(formatMatcher).join(", ")}}`;

class Scanner {
    at = 0;
    constructor(readonly text: string) {}
    take(token: RegExp): string | undefined {
        token.lastIndex = this.at;
        const found = token.exec(this.text)?.[0];
        if (found !== undefined) this.at += found.length;
        return found;
    }
    space() {
        this.take(spaceToken);
        return this;
    }
    accept(character: string): boolean {
        if (this.space().text[this.at] !== character) return false;
        this.at++;
        return true;
    }
    get done() {
        return this.space().at >= this.text.length;
    }
}

/** The matchers, or undefined where the text is no selector. The server is the judge: this one only helps typing. */
export function parseSelector(text: string): Matcher[] | undefined {
    const scan = new Scanner(text);
    const matchers: Matcher[] = [];
    if (!scan.accept("{")) return undefined;
    while (!scan.accept("}")) {
        const name = scan.space().take(nameToken);
        const op = scan.space().take(opToken);
        const value = scan.space().take(valueToken);
        if (name === undefined || op === undefined || value === undefined) return undefined;
        matchers.push({ name: name[0] === '"' ? unquote(name) : name, op: op as Operator, value: unquote(value) });
        if (!scan.accept(",") && scan.text[scan.at] !== "}") return undefined;
    }
    return scan.done ? matchers : undefined;
}

const serviceFirst = /^\s*\{\s*service_name\s*=\s*("(?:[^"\\]|\\.)*")\s*(?:,\s*([\s\S]*)|(\}\s*))$/;

export interface Split {
    service: string;
    /** The rest as the query bar shows it: without braces; empty if there is nothing else. */
    rest: string;
}

const strip = (text: string): string => text.trim().replace(/^\{/, "").replace(/\}$/, "").trim().replace(/,$/, "");

/**
 * Takes the service out of a selector. The rest stays as it was typed, even where it is no valid selector, so that
 * nothing that was written is lost on its way to the server.
 */
export function splitService(query: string): Split {
    const first = serviceFirst.exec(query);
    if (first) return { service: unquote(first[1]!), rest: first[2] === undefined ? "" : strip(`{${first[2]}`) };
    const matchers = parseSelector(query);
    const service = matchers?.find((matcher) => matcher.name === "service_name" && matcher.op === "=");
    if (!matchers || !service) return { service: "", rest: strip(query) };
    const others = matchers.filter((matcher) => matcher !== service);
    return { service: service.value, rest: others.map(formatMatcher).join(", ") };
}

export function joinService({ service, rest }: Split): string {
    const own = service === "" ? "" : formatMatcher({ name: "service_name", op: "=", value: service });
    const others = strip(rest);
    return `{${own}${own && others ? ", " : ""}${others}}`;
}

export interface Completion {
    /** What is being typed at the caret. */
    kind: "name" | "op" | "value";
    /** Typed so far, without the opening quote. */
    prefix: string;
    /** The part of the text a choice replaces. */
    from: number;
    to: number;
    /** For values: of which label. */
    name?: string;
    /** The other matchers, complete ones only: suggestions are asked for in their company. */
    others: Matcher[];
}

/** What the query bar's text (no braces) expects at `caret`. */
export function completionAt(text: string, caret: number): Completion | undefined {
    const scan = new Scanner(text);
    const others: Matcher[] = [];
    let found: Omit<Completion, "others"> | undefined;
    const edits = (from: number) => found === undefined && caret >= from && caret <= scan.at;
    const rest = (from: number) => text.slice(from, caret);

    while (true) {
        const before = found;
        scan.space();
        const nameFrom = scan.at;
        const name = scan.take(nameToken) ?? "";
        if (edits(nameFrom)) found = { kind: "name", prefix: rest(nameFrom), from: nameFrom, to: scan.at };
        if (name === "") break;
        scan.space();
        const opFrom = scan.at;
        const op = scan.take(opToken);
        if (op === undefined) {
            const bad = scan.take(/[!=~]*/y) ?? "";
            if (caret > nameFrom + name.length || bad)
                if (edits(opFrom)) found = { kind: "op", prefix: bad, from: opFrom, to: scan.at };
            break;
        }
        scan.space();
        const valueFrom = scan.at;
        const value = scan.take(valueToken);
        const label = name[0] === '"' ? unquote(name) : name;
        if (value === undefined) {
            // Not closed yet: everything up to the next comma is the value being typed.
            scan.take(/[^,]*/y);
            const typed = rest(valueFrom).replace(/^["'`]/, "");
            if (edits(valueFrom)) found = { kind: "value", prefix: typed, from: valueFrom, to: scan.at, name: label };
        } else if (caret > valueFrom && caret < scan.at && found === undefined) {
            found = { kind: "value", prefix: rest(valueFrom + 1), from: valueFrom, to: scan.at, name: label };
        } else if (found === before) {
            others.push({ name: label, op: op as Operator, value: unquote(value) });
        }
        if (!scan.accept(",")) break;
    }
    return found && { ...found, others };
}

/** Suffixes of legacy application names (`checkout.cpu`) and the sample type each stands for. */
const legacySamples: Record<string, string> = { itimer: "cpu", mutex_count: "contentions", block_count: "contentions" };
const legacyDelays: Record<string, string> = { mutex_duration: "delay", block_duration: "delay" };

export interface Legacy {
    query: string;
    /** The profile type id, or where only a suffix is known, the sample type it ends in. */
    type?: string;
    sample?: string;
}

/** `checkout.cpu{region="eu"}` and `process_cpu:cpu:…{…}`, as old links have them; anything else is left alone. */
export function fromLegacy(text: string): Legacy | undefined {
    const found = /^\s*([A-Za-z0-9_./:-]+)\s*(\{[\s\S]*)?$/.exec(text);
    if (!found) return undefined;
    const [, name = "", selector = "{}"] = found;
    if (name.split(":").length >= 5) return { query: selector, type: name };
    const dot = name.lastIndexOf(".");
    const service = dot < 0 ? name : name.slice(0, dot);
    const suffix = dot < 0 ? "cpu" : name.slice(dot + 1);
    const sample = legacySamples[suffix] ?? legacyDelays[suffix] ?? suffix;
    return { query: joinService({ service, rest: strip(selector) }), sample };
}
