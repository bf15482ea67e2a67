// A message's words as nodes: entities by elements, links by a small parser. Nothing in a text can become anything else.

import { type Child, h, link, safe } from "./dom";
import type { Entity } from "../state/protocol";

const ADDRESS = /\bhttps?:\/\/[^\s<>"«»“”„]+|\bwww\.[^\s<>"«»“”„]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\B\+\d[\d ()-]{8,16}\d/gi;
const TAGS = { __proto__: null!, bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre" } as const;

// The sentence's own marks behind an address, and brackets and quotes that were opened before it, are not its part.
function trimmed(words: string): string {
  for (;;) {
    const last = words.at(-1)!;
    const opening = { ")": "(", "]": "[", "}": "{", "）": "（", "】": "【", "」": "「" }[last];
    const isOpen = opening && words.split(opening).length >= words.split(last).length;
    if (isOpen || !/[.,:;!?…)\]}'’‘。，、！？：；）】」』]/.test(last)) return words;
    words = words.slice(0, -1);
  }
}

function linked(text: string): Child[] {
  const parts: Child[] = [];
  let from = 0;
  for (const hit of text.matchAll(ADDRESS)) {
    const words = trimmed(hit[0]);
    const kind = words.includes("://") ? "" : words[0] == "+" ? "tel:" : words.includes("@") ? "mailto:" : "https://";
    const address = safe(kind + words.replace(/\s/g, ""));
    if (!address) continue;
    parts.push(text.slice(from, hit.index), link(address, words));
    from = hit.index + words.length;
  }
  return [...parts, text.slice(from)];
}

// Offsets are UTF-16 code units, as in JavaScript's strings; of entities that overlap the first one counts.
export function rich(text: string, entities: Entity[] = []): Child[] {
  const parts: Child[] = [];
  let from = 0;
  for (const { kind, offset, length, url } of entities) {
    const words = text.slice(offset, offset + length);
    const address = kind == "text_link" && safe(url);
    const tag = TAGS[kind as keyof typeof TAGS];
    if (offset < from || !(address || tag)) continue;
    parts.push(...linked(text.slice(from, offset)), address ? link(address, words) : h(tag, {}, words));
    from = offset + length;
  }
  return [...parts, ...linked(text.slice(from))];
}
