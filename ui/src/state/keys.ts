/** Keyboard shortcuts: one table serves the keys and the help. */

export interface Shortcut {
    keys: string[];
    what: string;
    run?(): void;
}

const typing = (target: EventTarget | null): boolean =>
    target instanceof HTMLElement &&
    (target.isContentEditable ||
        /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
        target.closest("dialog") !== null);

/** Runs the shortcut of a key event; not while something is typed, nor with modifiers that belong to the browser. */
export function handleKey(event: KeyboardEvent, shortcuts: Shortcut[]): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const found = shortcuts.find(({ keys, run }) => run && keys.includes(event.key));
    if (!found) return;
    event.preventDefault();
    found.run!();
}
