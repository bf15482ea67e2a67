// What the site's page has asked to be told.

export type Handler = (detail: unknown) => void;

const handlers: Record<string, Set<Handler>> = {};
const told: Record<string, unknown> = { unread: 0 };

export function on(event: string, handler: Handler): () => void {
  (handlers[event] ??= new Set()).add(handler);
  return () => void handlers[event]!.delete(handler);
}

export function emit(event: string, detail?: unknown): void {
  for (const handler of handlers[event] ?? [])
    try {
      handler(detail);
    } catch (error) {
      console.error(error); // the page's own fault must not be ours
    }
}

// Of what has a value: tells it if it is another than before.
export function tell(event: string, value: unknown): void {
  if (told[event] === value) return;
  told[event] = value;
  emit(event, value);
}
