/** What this browser keeps for the page. Storage may be switched off; the page then forgets, nothing else. */

const key = (name: string) => `pyroscope.${name}`;

export function recall(name: string): string {
    try {
        return localStorage.getItem(key(name)) ?? "";
    } catch {
        return "";
    }
}

export function remember(name: string, value: string): void {
    try {
        if (value) localStorage.setItem(key(name), value);
        else localStorage.removeItem(key(name));
    } catch {
        // See above.
    }
}
