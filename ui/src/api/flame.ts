/** Decoding and searching as the page asks for it: the newest of each wins, older ones never answer. */
import type { FlameTree } from "../flame/model.ts";
import type { Found } from "../flame/search.ts";
import { ApiError } from "./client.ts";
import { decodeProfile, type Profile } from "./profile.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";

/** A tree of this many bytes is decoded within a frame, before a worker would even have started. */
const smallMax = 128 * 1024;

/** An expression can be made to run for ever; a search that needs longer than this is given up. */
const searchTimeoutMs = 3000;

interface Waiting {
    id: number;
    resolve(answer: never): void;
    reject(error: Error): void;
}

type Request = ToWorker extends infer Message ? (Message extends ToWorker ? Omit<Message, "id"> : never) : never;

export class Flames {
    /** Started when it is first needed. */
    #worker: Worker | undefined;
    #next = 1;
    #decode: Waiting | undefined;
    #search: Waiting | undefined;
    #timer = 0;
    /** The newest tree, and which message gave it to the worker; 0: none did. */
    #tree: FlameTree | undefined;
    #given = 0;
    /** The message with the tree the worker searches. */
    #held = 0;

    #start(): Worker {
        const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
        worker.onmessage = (event: MessageEvent<FromWorker>) => this.#answer(event.data);
        worker.onerror = () => this.#fail(new ApiError("internal", "A part of the page could not be loaded."));
        return worker;
    }

    #fail(error: Error): void {
        this.#stop();
        this.#decode?.reject(error);
        this.#search?.reject(error);
        this.#decode = this.#search = undefined;
    }

    #stop(): void {
        this.#worker?.terminate();
        this.#worker = undefined;
        this.#held = 0;
        clearTimeout(this.#timer);
    }

    #post(message: Request, transfer: Transferable[] = []): number {
        const id = this.#next++;
        this.#worker ??= this.#start();
        this.#worker.postMessage({ ...message, id }, transfer);
        return id;
    }

    /** The bytes are given away. */
    async decode(bytes: ArrayBuffer): Promise<Profile> {
        this.#decode = undefined;
        if (bytes.byteLength > smallMax)
            return new Promise((resolve, reject) => {
                this.#held = this.#post({ kind: "decode", bytes }, [bytes]);
                this.#decode = { id: this.#held, resolve, reject };
            });
        const profile = decodeProfile(bytes);
        this.#tree = profile.tree;
        this.#given = 0;
        return profile;
    }

    /** Searches the newest tree. */
    search(pattern: string): Promise<Found> {
        this.#give();
        return new Promise((resolve, reject) => {
            this.#search = { id: this.#post({ kind: "search", pattern }), resolve, reject };
            clearTimeout(this.#timer);
            this.#timer = window.setTimeout(() => this.#giveUp(), searchTimeoutMs);
        });
    }

    #give(): void {
        if (!this.#tree || (this.#given !== 0 && this.#given === this.#held)) return;
        const { count, first, parent, name, total, dropped, names } = this.#tree;
        const shape = { count, first, parent, name, total, dropped, names };
        this.#given = this.#held = this.#post({ kind: "adopt", shape });
    }

    #giveUp(): void {
        this.#stop();
        this.#search?.reject(new ApiError("deadline_exceeded", "This pattern takes too long."));
        this.#decode?.reject(new ApiError("canceled", "Interrupted by a search that took too long."));
        this.#search = this.#decode = undefined;
    }

    #answer(message: FromWorker): void {
        const waiting = [this.#decode, this.#search].find((one) => one?.id === message.id);
        if (!waiting) return;
        if (waiting === this.#decode) this.#decode = undefined;
        else {
            this.#search = undefined;
            clearTimeout(this.#timer);
        }
        if (message.kind === "failed") return waiting.reject(new ApiError("internal", message.message));
        if (message.kind === "decoded") {
            this.#tree = message.profile.tree;
            this.#given = message.id;
        }
        waiting.resolve((message.kind === "decoded" ? message.profile : message.found) as never);
    }
}
