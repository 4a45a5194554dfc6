// The API token of this browser tab: taken from `#token=okr_…` or given in the dialogue, kept in sessionStorage.
import { useSyncExternalStore } from 'react';

const KEY = 'okr-api-token';
const listeners = new Set();
let token = '';
let rejected = false;

// Some browsers refuse storage altogether; the token then lives as long as the page.
try {
  token = sessionStorage.getItem(KEY) ?? '';
} catch {}

export const getToken = () => token;

export function setToken(text) {
  rejected = false;
  token = text.trim().replace(/^bearer\s+/i, '');
  try {
    if (token) sessionStorage.setItem(KEY, token);
    else sessionStorage.removeItem(KEY);
  } catch {}
  for (const listener of listeners) listener();
}

// The server has refused the token while the page was in use.
export function rejectToken() {
  rejected = true;
  for (const listener of listeners) listener();
}

// A token in the fragment is taken over and then removed from the address bar and the tab's history entry.
function takeFromFragment() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const found = fragment.get('token');
  if (found === null) return;
  fragment.delete('token');
  const rest = fragment.toString();
  history.replaceState(history.state, '', location.pathname + location.search + (rest && `#${rest}`));
  setToken(found);
}

takeFromFragment();
window.addEventListener('hashchange', takeFromFragment);

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useToken = () => useSyncExternalStore(subscribe, getToken);
export const useIsRejected = () => useSyncExternalStore(subscribe, () => rejected);
