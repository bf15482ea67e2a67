// How a lower part tells those above it, whom it does not know, that something has happened.

export function signal<T = void>() {
  const listeners: ((what: T) => void)[] = [];
  return {
    on: (listener: (what: T) => void) => void listeners.push(listener),
    tell: (what: T) => listeners.forEach((listener) => listener(what)),
  };
}

export const changed = signal(); // something that is shown; drawn a moment later, once for all that changed until then
