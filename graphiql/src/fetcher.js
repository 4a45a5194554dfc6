// Queries and mutations by POST to the page's own address, subscriptions by graphql-transport-ws to the same one.
import { subscriptionOf, withKnownName } from './resumption.js';
import { codeOf, post } from './server.js';
import { subscribe } from './subscription.js';
import { getToken, rejectToken } from './token.js';

// What the Headers tab says wins over the token of the page, however its writer spells "authorization".
function withToken(fromTab = {}) {
  const headers = { Authorization: `Bearer ${getToken()}` };
  for (const [name, value] of Object.entries(fromTab)) {
    headers[name.toLowerCase() === 'authorization' ? 'Authorization' : name] = value;
  }
  return headers;
}

export async function fetcher(given, options = {}) {
  const params = withKnownName(given);
  const headers = withToken(options.headers);
  const operation = subscriptionOf(params);
  if (operation) return { subscribe: (observer) => subscribe(params, operation, headers, observer) };
  const result = await post(params, headers);
  if (codeOf(result) === 'NOT_AUTHENTICATED' && headers.Authorization === `Bearer ${getToken()}`) rejectToken();
  return result;
}
