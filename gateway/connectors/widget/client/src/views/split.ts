// A text that is too long for one message, as several: at a line's end, else between words, never inside a letter of many parts.

export function split(text: string, limit: number): string[] {
  const parts: string[] = [];
  let rest = text.trim();
  while (rest.length > limit) {
    const head = rest.slice(0, limit + 1);
    const line = head.lastIndexOf("\n");
    const space = head.search(/\s\S*$/);
    const letter = Intl.Segmenter && new Intl.Segmenter().segment(head).containing(limit)?.index;
    const at = line > limit / 2 ? line : space > limit / 2 ? space : letter || limit;
    parts.push(rest.slice(0, at).trim());
    rest = rest.slice(at).trim();
  }
  return [...parts, rest];
}
