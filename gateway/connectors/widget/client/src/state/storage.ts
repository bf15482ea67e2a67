// What outlives a reload, under keys of one account of one gateway. Where the browser refuses (private mode, blocked storage)
// it lives as long as the page. No cookies, and nothing of another account is ever touched.

import { base } from "./script";

export const prefix = `openlines:${base}:`;
let disk: Record<string, string> = {};
let tab: Record<string, string> = {}; // outlives a reload of this tab only

try {
  disk = localStorage;
  disk[prefix] = "";
} catch {
  disk = {};
}
try {
  tab = sessionStorage;
} catch {}

// Old libraries give lists a toJSON, which would turn them into strings on the wire.
export function encode(value: unknown): string {
  const list = Array.prototype as { toJSON?: unknown };
  const own = list.toJSON;
  delete list.toJSON;
  const text = JSON.stringify(value);
  if (own) list.toJSON = own;
  return text;
}

export function get<T>(name: string): T | null {
  try {
    return JSON.parse(disk[prefix + name]!) as T;
  } catch {
    return null;
  }
}

export const drop = (name: string) => void delete disk[prefix + name];

export function put(name: string, value: unknown): void {
  try {
    disk[prefix + name] = encode(value);
  } catch {} // full: it lives in this tab only
}

// What is being written in this tab; a new one begins with what was written last in any.
export const draft = () => tab[prefix + "draft"] ?? get<string>("draft") ?? "";

export function putDraft(words: string): void {
  // What is over goes from both, but not another tab's.
  if (words || get("draft") == draft()) put("draft", words);
  try {
    tab[prefix + "draft"] = words;
  } catch {}
}

// Everything whose name begins so, in the order of the names.
export const all = <T>(start: string): T[] =>
  Object.keys(disk)
    .sort()
    .flatMap((key) => (key.startsWith(prefix + start) && get<T>(key.slice(prefix.length))) || []);

export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");
}
