import { svelte } from "@sveltejs/vite-plugin-svelte";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const ahead = /src\/state\/ahead\.ts$/;

/** The script that sends the first requests runs as soon as it is there, before the page's is read. */
const runAhead: Plugin = {
    name: "run-ahead",
    transformIndexHtml: {
        order: "post",
        handler: (html, { bundle = {} }) => {
            const chunk = Object.values(bundle).find(
                (file) => file.type === "chunk" && file.moduleIds.some((id) => ahead.test(id)),
            );
            const tag = `<script type="module" async fetchpriority="high" crossorigin src="./${chunk?.fileName}"></script>`;
            return chunk ? html.replace('<script type="module"', `${tag}\n      $&`) : html;
        },
    },
};

/** Most functions run when the page opens: the browser is to compile them beside the main thread, not one by one on it. */
const compileAtOnce = "//# allFunctionsCalledOnLoad";

// `base: "./"` keeps every address relative to <base href> of index.html, which the server rewrites behind a path prefix.
export default defineConfig({
    base: "./",
    plugins: [svelte(), runAhead],
    build: {
        target: "es2022",
        modulePreload: false,
        rolldownOptions: {
            output: {
                postBanner: compileAtOnce,
                codeSplitting: { groups: [{ name: "ahead", test: ahead }] },
            },
        },
        assetsInlineLimit: 0,
        reportCompressedSize: false,
    },
    worker: { format: "es" },
    server: { proxy: { "/querier.v1.": "http://localhost:4040", "/api/": "http://localhost:4040" } },
    test: {
        projects: [
            { extends: true, test: { name: "unit", include: ["test/**/*.test.ts"], environment: "node" } },
            {
                extends: true,
                test: {
                    name: "e2e",
                    include: ["e2e/**/*.test.ts"],
                    environment: "node",
                    fileParallelism: false,
                    testTimeout: 60_000,
                    hookTimeout: 60_000,
                },
            },
        ],
    },
});
