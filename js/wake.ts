/**
 * Calls when there may be a network again, or someone who looks: `online`, on pages also when they are seen again, come back from
 * the cache or from being frozen. What it returns ends that. `hidden` is called when a page is no longer seen.
 */
export function onWake(wake?: () => void, hidden?: () => void): () => void {
  const heard = (event: Event): void => {
    if (event.type === 'visibilitychange' && isHidden()) hidden?.();
    // A page that is shown for the first time has not slept.
    else if ((event as Partial<PageTransitionEvent>).persisted !== false) wake?.();
  };
  const controller = new AbortController();
  // Where nothing is online there are no such events, and workerd refuses the options.
  if (globalThis.navigator?.onLine !== undefined) {
    for (const type of ['online', 'visibilitychange', 'pageshow', 'resume']) {
      // The events of a document pass here on their way down.
      addEventListener(type, heard, { capture: true, signal: controller.signal });
    }
  }
  return () => controller.abort();
}

/** Whether there is a page, and nobody sees it. */
export function isHidden(): boolean {
  return globalThis.document?.visibilityState === 'hidden';
}
