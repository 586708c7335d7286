import { EventSource } from 'eventsource-wasm';
import { useEffect, useState } from 'react';

/** The latest event of a stream, and what is wrong with it. One connection for as long as the component is there. */
export function useEventStream(url) {
  const [state, setState] = useState({ event: undefined, error: undefined });
  useEffect(() => {
    const source = new EventSource(url);
    source.onmessage = (event) => setState({ event, error: undefined });
    source.onerror = ({ error }) => setState((state) => ({ ...state, error }));
    // Also when the URL changes, and between the two runs of StrictMode.
    return () => source.close();
  }, [url]);
  return state;
}
