// The script of a page's one tag: makes the element, and gives the page window.OpenLines.

import { load } from "./state/conversation";
import { base } from "./state/script";
import { on } from "./views/callbacks";
import { element } from "./views/host";
import { close, open, toggle } from "./views/chat";
import { begin, destroy, identify } from "./widget";

type Call = [name: string, ...given: unknown[]];
type Api = Record<string, unknown>;

const page = window as unknown as { OpenLines?: Api & { queue?: Call[] } };

function arrive(): void {
  const before = page.OpenLines;
  const push = ([name, ...given]: Call) => (api[name] as (...given: unknown[]) => void)?.(...given);
  const api: Api = { open: () => open(), close, toggle, identify, on, destroy, queue: { push } };
  Object.assign(element, api); // of several accounts each element has its own
  element.id = base;
  if (!before?.open) page.OpenLines = api; // the first one's
  on("destroy", () => page.OpenLines == api && delete page.OpenLines);
  load();
  // Who the visitor is has to be known before anything is shown, and events be listened to before they happen.
  const play = (isEarly: boolean) => before?.queue?.filter?.(([name]) => isEarly == /^(identify|on)$/.test(name)).forEach(push);
  play(true);
  const place = () => {
    begin();
    play(false);
  };
  if (document.body) place();
  else addEventListener("DOMContentLoaded", place);
}

if (base && !document.getElementById(base)) arrive(); // the same tag twice is one
