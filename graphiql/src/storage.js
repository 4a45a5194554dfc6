// Tabs and history are kept for each organisation apart: another one may be served at the same address later.
export function storageOf(organizationId) {
  const prefix = `okr:${organizationId}:`;
  const mine = () => Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  try {
    localStorage.getItem(prefix);
  } catch {
    return null; // some browsers refuse storage altogether; GraphiQL then forgets with the page
  }
  return {
    getItem: (key) => localStorage.getItem(prefix + key),
    setItem: (key, value) => localStorage.setItem(prefix + key, value),
    removeItem: (key) => localStorage.removeItem(prefix + key),
    clear: () => mine().forEach((key) => localStorage.removeItem(key)),
    get length() {
      return mine().length;
    },
  };
}
