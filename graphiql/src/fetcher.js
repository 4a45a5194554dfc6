// Queries and mutations by POST to the page's own address, subscriptions by graphql-transport-ws to the same one.
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';
import { getToken } from './token.js';

const url = location.pathname;
const socketUrl = location.origin.replace(/^http/, 'ws') + url;
const FORBIDDEN = 4403; // the one refusal that graphql-ws would try again

// What the Headers tab says wins over the Token field, however its writer spells "authorization".
function withToken(fromTab = {}) {
  const headers = {};
  if (getToken()) headers.Authorization = `Bearer ${getToken()}`;
  for (const [name, value] of Object.entries(fromTab)) {
    headers[name.toLowerCase() === 'authorization' ? 'Authorization' : name] = value;
  }
  return headers;
}

// Made anew for every operation, so that each socket's connection_init carries the token of the moment.
export function fetcher(params, options = {}) {
  const send = createGraphiQLFetcher({
    url,
    headers: { accept: 'application/graphql-response+json, application/json;q=0.9' },
    enableIncrementalDelivery: false,
    // Lazy: connects with the first subscription, leaves with the last.
    wsClient: createClient({
      url: socketUrl,
      connectionParams: () => withToken(options.headers),
      shouldRetry: (event) => event instanceof CloseEvent && event.code !== FORBIDDEN,
    }),
  });
  return send(params, { ...options, headers: withToken(options.headers) });
}
