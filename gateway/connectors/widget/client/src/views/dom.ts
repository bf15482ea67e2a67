// The only place where elements are made. Text goes in as text nodes: there is no way from a string to markup here.

export const CROSS = "M6 6l12 12M18 6L6 18";

export type Child = Node | string | false | null | undefined;

// Traits are properties of the element, listeners and ARIA's among them; a mere string is its class.
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  traits: object | string,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), typeof traits == "string" ? { className: traits } : traits);
  made.append(...children.filter((child) => child) as Node[]);
  return made;
}

export function icon(path: string): SVGElement {
  const make = (tag: string) => document.createElementNS("http://www.w3.org/2000/svg", tag);
  const [svg, shape] = ["svg", "path"].map(make) as [SVGElement, SVGElement];
  svg.setAttribute("viewBox", "0 0 24 24");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

export const button = (title: string, path: string, onclick: () => void, className = "") =>
  h("button", { className: "i " + className, title, onclick }, icon(path));

// Addresses that may stand behind a link; everything else stays words.
export function safe(address = ""): string | false {
  try {
    const { protocol, href } = new URL(address);
    return /^(https?|mailto|tel):$/.test(protocol) && href;
  } catch {
    return false;
  }
}

export const link = (href: string, ...children: Child[]) =>
  h("a", { href, target: "_blank", rel: "noreferrer" }, ...children);
