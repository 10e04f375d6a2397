/** Foreign text on the screen. Names come from profiled programs: they are shown as they are and never interpreted. */

/* Control characters, and those which reorder or hide the text around them (bidirectional marks, zero width, tags). */
const invisible =
    /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\udb40[\udc00-\udc7f]/g;

function picture(character: string): string {
    const code = character.codePointAt(0)!;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return `\\u{${code.toString(16)}}`;
}

/** The text with every invisible character spelled out, so that what is read is what is there. */
export const visible = (text: string): string => (text === "" ? "(no name)" : text.replace(invisible, picture));

/** A function's name without the path or package in front: `(*conn).serve` keeps its receiver, `net/http` goes. */
function baseName(name: string): string {
    const head = name.search(/[([<{ ]/);
    const end = head < 0 ? name.length : head;
    const slash = name.lastIndexOf("/", end);
    return slash > 0 && slash < name.length - 1 ? name.slice(slash + 1) : name;
}

/** The name in at most `columns` characters: whole, else without its path, else cut; empty if too little is left. */
export function fitName(name: string, columns: number): string {
    if (name.length <= columns) return name;
    if (columns < 3) return "";
    const base = baseName(name);
    return base.length <= columns ? base : `${base.slice(0, columns - 1)}…`;
}

export const plural = (count: number, one: string): string =>
    `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
