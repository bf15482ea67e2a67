// Which of the chat's events the page around may hear. What is typed, pasted, dropped or scrolled in here would set off its
// hotkeys, focus traps and drop zones: the window takes such events before the page has them, and gives them to the chat
// alone. Clicks, the page's own focus, what the browser does by itself, and keys on the closed bubble stay the page's.

import { bubble, element } from "./host";

const OWN =
  "keydown keypress keyup beforeinput input paste copy cut compositionstart compositionupdate compositionend " +
  "dragstart dragenter dragover dragleave drop selectstart contextmenu wheel touchmove focus blur focusin focusout";
const POINTER = "pointerdown mousedown touchstart click";
const ANSWERED = /^(keydown|input|paste|dragover|drop)$/; // by listeners of ours
const AT_ONCE = 300; // ms: a focus that goes so soon after an act in here did not go by the visitor's will
const MOST_FIGHTS = 2; // without an act in here between

let isForced = false;
let actedAt = 0; // in here
let leftAt = 0; // outside, or by a key that may lead there
let fights = 0;
let held: string; // a key that went down in here
let arrived: Event;
let insist: () => void;

// Whatever trap the page has set for the focus: it is not told, or where it listened before us, made inert.
export function focus(goal: HTMLElement): void {
  const has = () => (goal.getRootNode() as ShadowRoot).activeElement == goal;
  goal.focus();
  if (has()) return;
  isForced = true;
  goal.focus();
  if (!has()) insist();
  isForced = false;
}

// The same event again, of which the page does not hear. Whether its default is wanted?
function twin(event: any, goal: EventTarget): boolean {
  const traits: Record<string, unknown> = {};
  for (const name in event.constructor.prototype) traits[name] = event[name];
  traits.composed = false;
  return goal.dispatchEvent(new event.constructor(event.type, traits));
}

// Any event: what is ours may be a KeyboardEvent, or what a library takes for one.
function take(event: any): void {
  const { type, key, relatedTarget } = event;
  const path: EventTarget[] = event.composedPath();
  const goal = path[0] as HTMLTextAreaElement;
  const isUp = type == "keyup" && key == held; // wherever the focus is meanwhile
  const isChord = event.ctrlKey || event.metaKey || event.altKey;
  if (type == "keydown" && (isChord || key == "Tab" || key == "Escape")) leftAt = Date.now();
  if (isUp) held = "";
  else if (!path.includes(element)) {
    if (isForced && /^(focus|blur)/.test(type)) event.stopImmediatePropagation();
    return;
  } else if (path.includes(bubble) && key != " " && key != "Enter") return;
  event.stopImmediatePropagation();
  if (type == "keydown") {
    held = key;
    actedAt = Date.now();
    if (leftAt < actedAt) {
      focus(goal); // a listener that was there before us may have led it away
      fights = 0;
    }
    if (event.defaultPrevented && !isChord && key?.length == 1 && goal.setRangeText) {
      goal.setRangeText(key, goal.selectionStart, goal.selectionEnd, "end");
      goal.dispatchEvent(new Event("input"));
      return;
    }
  }
  if (type == "focusin") actedAt = Date.now();
  if (type == "focusout" && relatedTarget)
    setTimeout(() => {
      if (Date.now() - actedAt > AT_ONCE || leftAt >= actedAt || !goal.isConnected) return;
      if (fights++ < MOST_FIGHTS) focus(goal);
      else insist();
    });
  if (ANSWERED.test(type) && !twin(event, goal)) event.preventDefault();
}

// Clicks are the page's too, which closes its menus by them. Where it swallows one, or forbids the focus, ours is done all the same.
function press(event: Event): void {
  const path = event.composedPath();
  const goal = path[0] as HTMLElement;
  if (!path.includes(element)) {
    leftAt = Date.now();
    return;
  }
  actedAt = Date.now();
  fights = 0;
  if (event.type == "mousedown" && goal.matches("textarea, input")) setTimeout(() => focus(goal));
  if (event.type == "click")
    setTimeout(() => {
      const isDone = !event.defaultPrevented && goal.closest("a, summary, label, input"); // by the browser
      if (arrived != event && !isDone) twin(event, goal);
    });
}

// `trapped`: makes all but the chat inert.
export function guard(shadow: ShadowRoot, trapped: () => void, signal: AbortSignal): void {
  insist = trapped;
  // The page's listeners that ask whether somebody types into the target hear so.
  Object.defineProperty(element, "isContentEditable", { value: true });
  for (const [types, act] of [[OWN, take], [POINTER, press]] as const)
    for (const type of types.split(" ")) addEventListener(type, act, { capture: true, signal });
  shadow.addEventListener("click", (event) => (arrived = event), true);
  // A dialog of the page's that we are in may take a click for one beside itself.
  for (const type of POINTER.split(" "))
    shadow.addEventListener(type, (event) => element.parentElement!.localName == "dialog" && event.stopPropagation());
}
