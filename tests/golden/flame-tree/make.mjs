// Writes NAME.bin from each NAME.json beside this script, straight from the tables of docs/flame-tree.md.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const varint = (value) => {
    const bytes = [];
    for (; value > 127n; value >>= 7n) bytes.push(Number(value & 127n) | 128);
    return [...bytes, Number(value)];
};

const gcd = (a, b) => (b === 0n ? a : gcd(b, a % b));

const encode = ({ nodes }) => {
    const names = [...new Set(nodes.map((node) => node.name))];
    const scale = nodes.reduce((sum, node) => gcd(sum, BigInt(node.self)), 0n) || 1n;
    const trimmed = nodes.some((node) => node.dropped);
    const dropped = trimmed ? new Uint8Array(Math.ceil(nodes.length / 8)) : new Uint8Array(0);
    nodes.forEach((node, i) => {
        if (node.dropped) dropped[i >> 3] |= 1 << (i & 7);
    });
    const sections = [
        nodes.flatMap((_, i) => varint(BigInt(nodes.filter((node) => node.parent === i).length))),
        nodes.flatMap((node) => varint(BigInt(names.indexOf(node.name)))),
        nodes.flatMap((node) => varint(BigInt(node.self) / scale)),
        dropped,
        Buffer.from(names.map((name) => name.replaceAll("\0", "\uFFFD")).join("\0"), "utf8"),
    ].map((section) => Buffer.from(section));

    const header = Buffer.alloc(64);
    header.write("PYFT", 0, "latin1");
    header.writeUInt16LE(1, 4);
    header.writeUInt16LE(trimmed ? 1 : 0, 6);
    header.writeUInt32LE(nodes.length, 8);
    header.writeUInt32LE(names.length, 12);
    header.writeBigUInt64LE(scale, 16);
    sections.forEach((section, i) => header.writeUInt32LE(section.length, 24 + 4 * i));
    return { scale, bytes: Buffer.concat([header, ...sections]) };
};

// The descriptions are written by hand, so what the format demands of a tree is checked here.
const check = (name, { scale, nodes }, gcdOfSelf) => {
    const fail = (what) => {
        throw new Error(`${name}: ${what}`);
    };
    if (BigInt(scale) !== gcdOfSelf) fail(`scale ${scale}, but the self values have ${gcdOfSelf}`);
    nodes.forEach((node, i) => {
        const children = nodes.filter((child) => child.parent === i);
        const total = children.reduce((sum, child) => sum + BigInt(child.total), BigInt(node.self));
        if (total !== BigInt(node.total)) fail(`node ${i}: total ${node.total}, but its parts are ${total}`);
        if (i > 0 && (node.parent >= i || node.parent < nodes[i - 1].parent)) fail(`node ${i}: not in level order`);
        const before = i > 0 && nodes[i - 1].parent === node.parent ? nodes[i - 1] : undefined;
        if (before === undefined) return;
        if (before.dropped) fail(`node ${i}: follows a dropped node`);
        const order = BigInt(before.total) - BigInt(node.total);
        const byName = Buffer.compare(Buffer.from(before.name), Buffer.from(node.name));
        if (!node.dropped && (order < 0n || (order === 0n && byName >= 0))) fail(`node ${i}: siblings out of order`);
    });
};

const here = new URL(".", import.meta.url);
for (const file of readdirSync(here).filter((entry) => entry.endsWith(".json"))) {
    const tree = JSON.parse(readFileSync(new URL(file, here), "utf8"));
    const { scale, bytes } = encode(tree);
    check(file, tree, scale);
    writeFileSync(new URL(file.replace(/json$/, "bin"), here), bytes);
}
