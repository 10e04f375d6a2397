/** Colours of frames: the package decides the hue, so that code that belongs together looks alike. */

export const hues = 24;
/** Colour numbers: 0 .. hues - 1 are hues; then the kernel, idle time and unknown frames; then garbage collection. */
export const greyColour = hues;
export const gcColour = hues + 1;
export const colourCount = hues + 2;

const grey =
    /_\[k\]$|^\[(?:kernel|unknown|idle)|^\?+$|^0x[0-9a-f]+$|^(?:swapper|do_idle|cpu_idle|\(idle\)|\(program\))/i;
const collector =
    /^runtime\.(?:gc|\(\*gc|scan|mark|sweep|bgsweep|bgscavenge|wb|greyobject)|\(garbage collector\)|^GC(?:TaskThread|_)|^G1|^gc_/;

/**
 * What a function belongs to, as far as its name tells: the import path in Go, the package in Java, the crate, the outer
 * namespace in C++, the file in scripting languages. A name without any such part is its own package.
 */
export function packageOf(name: string): string {
    const file = /^(.+?\.(?:py|rb|js|ts|mjs|cjs|jsx|tsx|php|erl|exs?))(?=[: ]|$)/.exec(name);
    if (file) return file[1]!.replace(/^\.\//, "");
    const path = name.replace(/^[<&*( ]+/, "");
    const scope = path.indexOf("::");
    if (scope > 0 && !path.slice(0, scope).includes("/")) return path.slice(0, scope);
    const slash = path.search(/\/[^/(]*(?:\(|$)/);
    const dot = path.indexOf(".", slash + 1);
    return dot > 0 ? path.slice(0, dot) : path;
}

function hashText(text: string): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    return (hash ^ (hash >>> 13)) >>> 0;
}

export function colourOf(name: string): number {
    if (grey.test(name)) return greyColour;
    if (collector.test(name)) return gcColour;
    return hashText(packageOf(name)) % hues;
}

/** The fill styles of a theme, by colour number. Lightness and chroma keep dark text readable on every hue. */
export function palette(dark: boolean): string[] {
    const [lightness, chroma] = dark ? [0.74, 0.1] : [0.8, 0.09];
    const fills = Array.from({ length: hues }, (_, i) => `oklch(${lightness} ${chroma} ${(i * 360) / hues + 20})`);
    fills.push(`oklch(${lightness} 0.008 260)`, `oklch(${lightness - 0.04} 0.14 330)`);
    return fills;
}
