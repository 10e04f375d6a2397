/** The worker as the page uses it: the newest load and the newest search win, older ones never answer. */
import type { FlameTree } from "../flame/model.ts";
import type { Found } from "../flame/search.ts";
import { ApiError, type Caller } from "./client.ts";
import type { FromWorker, Profile, ToWorker } from "./protocol.ts";

/** An expression can be made to run for ever; a search that needs longer than this is given up. */
const searchTimeoutMs = 3000;

interface Waiting {
    id: number;
    resolve(answer: never): void;
    reject(error: Error): void;
}

type Request = ToWorker extends infer Message ? (Message extends ToWorker ? Omit<Message, "id"> : never) : never;

export class FlameWorker {
    #worker = this.#start();
    #next = 1;
    #load: Waiting | undefined;
    #search: Waiting | undefined;
    #tree: FlameTree | undefined;
    #timer = 0;

    #start(): Worker {
        const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
        worker.onmessage = (event: MessageEvent<FromWorker>) => this.#answer(event.data);
        worker.onerror = () => this.#load?.reject(new ApiError("internal", "A part of the page could not be loaded."));
        return worker;
    }

    #post(message: Request): number {
        const id = this.#next++;
        this.#worker.postMessage({ ...message, id });
        return id;
    }

    load(caller: Caller, path: string): Promise<Profile> {
        return new Promise((resolve, reject) => {
            this.#load = { id: this.#post({ kind: "load", caller, path }), resolve, reject };
        });
    }

    search(pattern: string): Promise<Found> {
        return new Promise((resolve, reject) => {
            this.#search = { id: this.#post({ kind: "search", pattern }), resolve, reject };
            clearTimeout(this.#timer);
            this.#timer = window.setTimeout(() => this.#giveUp(), searchTimeoutMs);
        });
    }

    #giveUp(): void {
        this.#worker.terminate();
        this.#worker = this.#start();
        if (this.#tree) {
            const { count, first, parent, name, total, dropped, names } = this.#tree;
            this.#post({ kind: "adopt", shape: { count, first, parent, name, total, dropped, names } });
        }
        this.#search?.reject(new ApiError("deadline_exceeded", "This pattern takes too long."));
        this.#load?.reject(new ApiError("canceled", "Interrupted by a search that took too long."));
        this.#search = this.#load = undefined;
    }

    #answer(message: FromWorker): void {
        const waiting = [this.#load, this.#search].find((one) => one?.id === message.id);
        if (!waiting) return;
        if (waiting === this.#load) this.#load = undefined;
        else {
            this.#search = undefined;
            clearTimeout(this.#timer);
        }
        if (message.kind === "failed") return waiting.reject(new ApiError(message.code, message.message));
        if (message.kind === "loaded") this.#tree = message.profile.tree;
        waiting.resolve((message.kind === "loaded" ? message.profile : message.found) as never);
    }
}
