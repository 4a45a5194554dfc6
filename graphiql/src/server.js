// One POST to the API, answered in GraphQL's form whatever happens: no exception, no stack.
export const url = location.pathname;
export const UNREACHABLE = `The server at ${location.host} does not answer. Is it running?`;

export const problem = (message, code) => ({ errors: [{ message, ...(code && { extensions: { code } }) }] });

export async function post(params, headers = {}) {
  let sent;
  try {
    sent = new Headers({
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json, application/json;q=0.9',
      ...headers,
    });
  } catch {
    return problem('The headers cannot be sent: they hold characters that no HTTP header may have.');
  }
  let response;
  try {
    response = await fetch(url, { method: 'POST', headers: sent, body: JSON.stringify(params) });
  } catch {
    return problem(UNREACHABLE, 'UNREACHABLE');
  }
  try {
    return await response.json();
  } catch {
    return problem(`The answer is not GraphQL: ${response.status} ${response.statusText}`.trim());
  }
}

export const codeOf = (result) => result.errors?.[0]?.extensions?.code;
