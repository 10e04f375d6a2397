// Packs dist/ into src/api/page.bin, the archive the server embeds; its format is in src/api/assets.h.
//   node pack.mjs           writes the archive
//   node pack.mjs --check   fails if the committed archive holds anything else than dist/
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";

const dist = new URL("dist/", import.meta.url);
const archive = new URL("../src/api/page.bin", import.meta.url);
const magic = "PYRPAGE1";
const scriptMax = 50_000;

const types = {
    html: "text/html; charset=utf-8",
    js: "text/javascript; charset=utf-8",
    css: "text/css; charset=utf-8",
    svg: "image/svg+xml",
};

const files = () =>
    readdirSync(dist, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => `${entry.parentPath}/${entry.name}`.slice(dist.pathname.length).replace(/^\/+/, ""))
        .map((path) => ({ path, body: readFileSync(new URL(path, dist)) }))
        .sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));

const typeOf = (path) => {
    const type = types[path.split(".").pop()];
    if (!type) throw new Error(`${path}: no content type is known for it`);
    return type;
};

/** Everything about a file but its compressed form, which another version of zlib may write differently. */
const entryOf = ({ path, body }) => ({
    path,
    type: typeOf(path),
    etag: createHash("sha256").update(body).digest("hex").slice(0, 16),
    immutable: path.startsWith("assets/") ? 1 : 0,
    body,
});

const text = (value) => {
    const bytes = Buffer.from(value);
    const size = Buffer.alloc(2);
    size.writeUInt16LE(bytes.length);
    return Buffer.concat([size, bytes]);
};

const u32 = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
};

const compress = (body) => {
    const packed = gzipSync(body, { level: 9 });
    packed[9] = 255; // the operating system that packed it does not matter
    return packed;
};

const pack = (entries) =>
    Buffer.concat([
        Buffer.from(magic),
        u32(entries.length),
        ...entries.flatMap(({ path, type, etag, immutable, body }) => {
            const packed = compress(body);
            const head = [text(path), text(type), text(etag), Buffer.from([immutable]), u32(body.length)];
            return [...head, u32(packed.length), packed];
        }),
    ]);

const unpack = (bytes) => {
    let at = magic.length;
    const take = (size) => bytes.subarray(at, (at += size));
    const string = () => take(take(2).readUInt16LE()).toString();
    if (bytes.subarray(0, at).toString() !== magic) throw new Error("page.bin: wrong magic");
    return Array.from({ length: take(4).readUInt32LE() }, () => {
        const [path, type, etag, immutable] = [string(), string(), string(), take(1)[0]];
        const size = take(4).readUInt32LE();
        const body = gunzipSync(take(take(4).readUInt32LE()));
        if (body.length !== size) throw new Error(`page.bin: ${path} has a wrong size`);
        return { path, type, etag, immutable, body };
    });
};

const check = (built, committed) => {
    const paths = (entries) => entries.map(({ path }) => path).join("\n");
    const same = (a, b) => a.path === b.path && a.type === b.type && a.etag === b.etag && a.immutable === b.immutable;
    const wrong = built.filter(
        (entry, i) => !committed[i] || !same(entry, committed[i]) || !entry.body.equals(committed[i].body),
    );
    if (wrong.length === 0 && paths(built) === paths(committed)) return;
    console.error(`src/api/page.bin is not what the sources build to: run "npm run build" in ui/.\n${paths(wrong)}`);
    process.exit(1);
};

const entries = files().map(entryOf);
const index = entries.find(({ path }) => path === "index.html");
if (index?.body.toString().split('<base href="/">').length !== 2)
    throw new Error('index.html: needs one <base href="/">');

const scripts = entries
    .filter(({ path }) => path.endsWith(".js"))
    .reduce((sum, { body }) => sum + compress(body).length, 0);
console.log(`${entries.length} files, ${scripts} bytes of compressed script of at most ${scriptMax}`);
if (scripts > scriptMax) throw new Error("the page is over its budget of script");

if (process.argv.includes("--check")) check(entries, unpack(readFileSync(archive)));
else writeFileSync(archive, pack(entries));
