import { describe, expect, it } from "vitest";
import {
    completionAt,
    formatSelector,
    fromLegacy,
    joinService,
    parseSelector,
    splitService,
} from "../src/lib/query.ts";

describe("parseSelector", () => {
    it("reads all operators, quotes and odd names", () => {
        expect(parseSelector('{ a="x", b!="y\\"z" ,c=~`re\\d`, "service.name"!~\'q\', }')).toEqual([
            { name: "a", op: "=", value: "x" },
            { name: "b", op: "!=", value: 'y"z' },
            { name: "c", op: "=~", value: "re\\d" },
            { name: "service.name", op: "!~", value: "q" },
        ]);
        expect(parseSelector("{}")).toEqual([]);
    });

    it.each(["", "a", "{", "{a}", "{a=}", '{a="x"', '{a="x"} b', '{a="x" b="y"}', '{a="x}'])("refuses %s", (text) => {
        expect(parseSelector(text)).toBeUndefined();
    });

    it("reads what formatSelector writes", () => {
        const matchers = [
            { name: "a", op: "=" as const, value: 'quote " backslash \\ newline \n tab \t bell \x07 ümlaut' },
            { name: 'odd "name', op: "!~" as const, value: "}" },
        ];
        expect(parseSelector(formatSelector(matchers))).toEqual(matchers);
    });
});

describe("the service", () => {
    it("is taken out and put back", () => {
        expect(splitService('{service_name="a b",region="eu"}')).toEqual({ service: "a b", rest: 'region="eu"' });
        expect(splitService('{region="eu", service_name="a"}')).toEqual({ service: "a", rest: 'region="eu"' });
        expect(splitService('{service_name="a"}')).toEqual({ service: "a", rest: "" });
        expect(splitService("{}")).toEqual({ service: "", rest: "" });
        expect(joinService({ service: 'a"b', rest: 'x="1", y!="2"' })).toBe('{service_name="a\\"b", x="1", y!="2"}');
        expect(joinService({ service: "a", rest: "" })).toBe('{service_name="a"}');
        expect(joinService({ service: "", rest: '{x="1"}' })).toBe('{x="1"}');
    });

    it("leaves nothing out of what was typed, valid or not", () => {
        for (const rest of ['region=~"("', "region=", '"', 'a="1" b="2"', "}{", 'v="}"', 'service_name!="b"']) {
            const query = joinService({ service: "a", rest });
            expect(splitService(query)).toEqual({ service: "a", rest });
        }
    });

    it("is not taken from another operator", () => {
        expect(splitService('{service_name=~"a.*"}')).toEqual({ service: "", rest: 'service_name=~"a.*"' });
    });
});

describe("completionAt", () => {
    const at = (text: string) => completionAt(text.replace("|", ""), text.indexOf("|"));

    it("asks for names, operators and values", () => {
        expect(at("|")).toMatchObject({ kind: "name", prefix: "" });
        expect(at("re|")).toMatchObject({ kind: "name", prefix: "re", from: 0, to: 2 });
        expect(at("region |")).toMatchObject({ kind: "op", prefix: "" });
        expect(at("region=|")).toMatchObject({ kind: "value", name: "region", prefix: "", from: 7, to: 7 });
        expect(at('region="e|')).toMatchObject({ kind: "value", name: "region", prefix: "e", from: 7, to: 9 });
        expect(at('region="e|u"')).toMatchObject({ kind: "value", name: "region", prefix: "e", from: 7, to: 11 });
        expect(at('region="eu"|')).toBeUndefined();
    });

    it("knows the other matchers but not the one being edited", () => {
        expect(at('a="1", |')).toMatchObject({ kind: "name", others: [{ name: "a", op: "=", value: "1" }] });
        const both = at('a="1|", b!="2"');
        expect(both).toMatchObject({ kind: "value", name: "a", others: [{ name: "b", op: "!=", value: "2" }] });
        const name = at('a|="1", b!="2"');
        expect(name?.others).toEqual([{ name: "b", op: "!=", value: "2" }]);
    });
});

describe("legacy queries", () => {
    it("become selectors", () => {
        expect(fromLegacy('checkout.cpu{region="eu"}')).toEqual({
            query: '{service_name="checkout", region="eu"}',
            sample: "cpu",
        });
        expect(fromLegacy("my.app.alloc_space")).toEqual({ query: '{service_name="my.app"}', sample: "alloc_space" });
        const type = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
        expect(fromLegacy(`${type}{service_name="a"}`)).toEqual({ query: '{service_name="a"}', type });
    });

    it("are told from selectors", () => {
        expect(fromLegacy('{service_name="a"}')).toBeUndefined();
        expect(fromLegacy("")).toBeUndefined();
    });
});
