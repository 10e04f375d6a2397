/** One thing that comes from the server: the newest request wins, and what is there stays until its successor is. */
import { isAbort } from "../api/client.ts";

export class Load<T> {
    value = $state.raw<T>();
    error = $state.raw<Error>();
    busy = $state(false);
    #running: AbortController | undefined;

    async run(fetcher: (signal: AbortSignal) => Promise<T>): Promise<void> {
        this.#running?.abort();
        const running = (this.#running = new AbortController());
        this.busy = true;
        try {
            const value = await fetcher(running.signal);
            if (running !== this.#running) return;
            this.value = value;
            this.error = undefined;
        } catch (error) {
            if (running !== this.#running || isAbort(error)) return;
            this.error = error as Error;
        }
        this.busy = false;
    }
}
