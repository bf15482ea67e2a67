// One picture over the whole window, until it is clicked.

import { button, CROSS, h } from "./dom";
import { root } from "./host";
import { T, t } from "./texts";

export function enlarge(src: string, alt: string): void {
  const light = h(
    "dialog",
    { className: "light", ariaLabel: alt, onclick: () => light.close(), onclose: () => light.remove() },
    button(t(T.close), CROSS, () => light.close()),
    h("img", { src, alt }),
  );
  root.append(light);
  light.showModal();
}
