// Who a token belongs to, and the cycle whose tree is shown first.
import { codeOf, post, UNREACHABLE } from './server.js';

const VIEWER = `query Viewer {
  viewer { name scopes organization { id name } }
  objectives(last: 100) { nodes { cycle { id name state startsOn } } }
}`;
const BY_STATE = ['ACTIVE', 'REVIEW', 'CLOSED', 'DRAFT'];
const SENDABLE = /^[\x21-\x7e]+$/;

// The running cycle that began last; where none runs, the latest of those under review, closed or planned.
function firstCycle(objectives) {
  const cycles = objectives.map(({ cycle }) => cycle);
  const rank = ({ state }) => (BY_STATE.includes(state) ? BY_STATE.indexOf(state) : BY_STATE.length);
  return cycles.sort((a, b) => rank(a) - rank(b) || b.startsOn.localeCompare(a.startsOn))[0] ?? null;
}

// { viewer, cycle } for a token that is good, else { reason }: a sentence for people.
export async function viewerOf(token) {
  if (!token) return { reason: '' };
  if (!SENDABLE.test(token)) {
    return { reason: 'That is not a token: it holds spaces or characters that no token has.' };
  }
  const result = await post({ query: VIEWER, operationName: 'Viewer' }, { Authorization: `Bearer ${token}` });
  if (result.data?.viewer) {
    return { viewer: result.data.viewer, cycle: firstCycle(result.data.objectives?.nodes ?? []) };
  }
  const reasons = {
    NOT_AUTHENTICATED: 'The server does not know this token, or it has expired or was revoked.',
    RATE_LIMITED: 'This token has asked for too much lately. Try again in a few seconds.',
    UNREACHABLE,
  };
  return { reason: reasons[codeOf(result)] ?? result.errors?.[0]?.message ?? 'The server gave no answer.' };
}
