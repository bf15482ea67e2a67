// Where this script came from and what its tag says: one script, one account, one widget.

const script = (document.currentScript ?? document.querySelector("script[src*='/widget.js']")) as HTMLScriptElement | null;

export const base = (script?.src ?? "").replace(/widget\.js([?#].*)?$/, "");
export const options: Record<string, string | undefined> = { ...script?.dataset };
export const alone = options.page != null;
