// Above the page: the top layer, and inside the modal dialog that the page shows, since all beside that is inert, even what
// lies above it. Browsers without popovers have the z-index instead, those without :modal stay beside.

import { element } from "./host";

let modals: Element[] = []; // as they were opened

const isModal = (one: Element) => one.localName == "dialog" && one.matches(":modal");

// Puts the element where it can be reached. `found`: a dialog that may be no part of the document's own tree.
function rise(found: Element[] = []): boolean {
  try {
    modals = [...new Set([...modals, ...document.querySelectorAll("dialog"), ...found])].filter(
      (one) => one.isConnected && isModal(one),
    );
  } catch {}
  const home = modals.at(-1) ?? document.documentElement;
  if (element.parentNode == home) return false;
  home.append(element);
  element.popover = "manual";
  element.showPopover?.();
  return true;
}

export function stayAbove(moved: () => void, signal: AbortSignal): void {
  rise();
  const look = (found?: Element[]) => {
    // Where the page has taken us away itself, we stay away.
    if ((element.parentNode || modals[0]) && rise(found)) moved();
    // A dialog may be taken out of the page as it is, with us.
    const childList = !!modals[0];
    for (const root of new Set([document, ...modals.map((one) => one.getRootNode())]))
      watcher.observe(root, { subtree: true, attributeFilter: ["open"], childList });
  };
  const watcher = new MutationObserver(() => look());
  look();
  // In a component's own tree nothing is observed, but a dialog that opens takes the focus.
  const asked = (event: Event) => {
    const path = event.composedPath() as Element[];
    if (!path.includes(element)) look(path.filter((one) => one.localName == "dialog"));
  };
  addEventListener("focusin", asked, { capture: true, signal });
  signal.addEventListener("abort", () => watcher.disconnect());
}
