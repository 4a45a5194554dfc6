// The one line at the bottom of the page: the state of a subscription's connection.
import { useSyncExternalStore } from 'react';

const listeners = new Set();
let notice = null;

export function setNotice(text, kind = 'calm') {
  notice = text ? { text, kind } : null;
  for (const listener of listeners) listener();
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useNotice = () => useSyncExternalStore(subscribe, () => notice);
