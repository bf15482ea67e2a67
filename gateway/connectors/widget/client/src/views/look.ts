// The look of the account, as the gateway and the script's tag say it: colours, theme, side, language.

import { language, speak } from "../state/language";
import type { Look } from "../state/protocol";
import { alone, options } from "../state/script";
import { encode } from "../state/storage";
import { session } from "../state/visitor";
import { dark, root } from "./host";

const BLUE = "#2f6fed";

export let look: Look;

// Whether it is another look than before: then what stands in it has to be built anew.
export function dress(): boolean {
  // Between two visitors it stays as it is: a panel made anew would take the words from under the fingers.
  const next = { ...(session?.look ?? look), ...options } as Look;
  const { classList, style } = root;
  classList.toggle("dark", next.theme == "dark" || (next.theme != "light" && dark.matches));
  if (encode(next) == encode(look)) return false;
  look = next;
  speak(look.language);
  root.lang = language;
  root.dir = "ltr"; // these words', whatever the page's is
  const color = /^#[\da-f]{6}$/i.test(look.color) ? look.color : BLUE;
  const [r, g, b] = [1, 3, 5].map((from) => (parseInt(color.slice(from, from + 2), 16) / 255) ** 2.2);
  style.setProperty("--c", color);
  style.setProperty("--on", 0.213 * r! + 0.715 * g! + 0.072 * b! > 0.183 ? "#000" : "#fff");
  classList.toggle("left", look.position == "left");
  classList.toggle("alone", alone);
  return true;
}
