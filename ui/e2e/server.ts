/** The real server on a port and a folder of its own. PYROSCOPE_BIN names the program. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

export const program = resolve(process.env["PYROSCOPE_BIN"] ?? "../build/release/pyroscope");
export const programMissing = !existsSync(program);

export class Server {
    readonly #folder = mkdtempSync(join(tmpdir(), "pyroscope-page-"));
    #child: ChildProcess | undefined;
    port = 0;

    private constructor(readonly settings: string[]) {}

    static async start(...settings: string[]): Promise<Server> {
        const server = new Server(settings);
        await server.resume();
        return server;
    }

    get url(): string {
        return `http://127.0.0.1:${this.port}`;
    }

    /** Starts the program, on the port it had before if it ran already. */
    async resume(): Promise<void> {
        const address = [`--storage-path=${this.#folder}`, `--api-bind-addr=127.0.0.1:${this.port}`];
        const child = spawn(program, ["server", ...address, ...this.settings], { stdio: ["ignore", "pipe", "pipe"] });
        this.#child = child;
        const lines: string[] = [];
        this.port = await new Promise<number>((resolve, reject) => {
            const read = (line: string) => {
                lines.push(line);
                const port = /msg=serving\b.*\bport=(\d+)/.exec(line)?.[1];
                if (port) resolve(Number(port));
            };
            createInterface(child.stderr!).on("line", read);
            createInterface(child.stdout!).on("line", read);
            child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${lines.join("\n")}`)));
        });
    }

    async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
        const child = this.#child!;
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.kill(signal);
        await ended;
    }

    async stop(): Promise<void> {
        await this.kill("SIGTERM");
        rmSync(this.#folder, { recursive: true, force: true });
    }

    /** Sends folded stacks: `{"main;work": 30}` under `name`, `checkout.cpu{region=eu}`. Times in seconds. */
    async push(name: string, stacks: Record<string, number>, until = Math.floor(Date.now() / 1000)): Promise<void> {
        const search = new URLSearchParams({ name, from: `${until - 10}`, until: `${until}`, sampleRate: "100" });
        const body = Object.entries(stacks)
            .map(([stack, count]) => `${stack} ${count}\n`)
            .join("");
        const answer = await fetch(`${this.url}/ingest?${search}`, { method: "POST", body });
        if (!answer.ok) throw new Error(`/ingest answered ${answer.status}: ${await answer.text()}`);
    }
}
