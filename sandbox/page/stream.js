/**
 * The live events of the sandbox. The browser resumes a broken stream by Last-Event-ID; whenever the stream opens
 * again the listener is told to fill the gap itself, since the server may have restarted and forgotten the numbers.
 */
const RETRY_MS = [500, 1000, 2000, 4000];

/** Listens for ever: `onEvent(event)` for each one, `onOpen(isAgain)` after each connect, `onLost()` on a break. */
export function listen(address, { onEvent, onOpen, onLost }) {
  let attempts = 0;
  let wasOpen = false;

  function connect() {
    const source = new EventSource(address);
    source.addEventListener("open", () => {
      attempts = 0;
      onOpen(wasOpen);
      wasOpen = true;
    });
    source.addEventListener("message", (message) => onEvent(JSON.parse(message.data)));
    source.addEventListener("error", () => {
      onLost();
      if (source.readyState !== EventSource.CLOSED) return; // the browser itself tries again
      source.close();
      setTimeout(connect, RETRY_MS[Math.min(attempts, RETRY_MS.length - 1)]);
      attempts += 1;
    });
  }

  connect();
}
