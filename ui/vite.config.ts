import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// `base: "./"` keeps every address relative to <base href> of index.html, which the server rewrites behind a path prefix.
export default defineConfig({
    base: "./",
    plugins: [svelte()],
    build: {
        target: "es2022",
        modulePreload: { polyfill: false },
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
