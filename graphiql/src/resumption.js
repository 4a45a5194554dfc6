// Subscriptions that can go on after a position: `after` on the root field, and `seq` in each of its events.
import { getOperationAST, Kind, parse, print } from 'graphql';

// The subscription that is to be run; null for other operations, and for what the server has to refuse.
export function subscriptionOf({ query, operationName }) {
  const operation = getOperationAST(parsed(query), operationName);
  return operation?.operation === 'subscription' ? operation : null;
}

// Just after a change of tabs the editor still names the operation of the other tab: a name that is not there goes.
export function withKnownName(params) {
  const named = parsed(params.query).definitions.some(({ name }) => name?.value === params.operationName);
  return named ? params : { ...params, operationName: undefined };
}

function parsed(query) {
  try {
    return parse(query);
  } catch {
    return { kind: Kind.DOCUMENT, definitions: [] };
  }
}

const rootOf = (operation) => operation.selectionSet.selections.find(({ kind }) => kind === Kind.FIELD);
const responseName = (field) => field.alias?.value ?? field.name.value;

// The position of an event, where the subscription selects `seq`.
export function positionIn(operation, result) {
  const root = rootOf(operation);
  const seq = root?.selectionSet?.selections.find(({ kind, name }) => kind === Kind.FIELD && name.value === 'seq');
  return seq && result.data?.[responseName(root)]?.[responseName(seq)];
}

// Whether the subscription says itself after which position it begins.
export function beginsAfter({ variables }, operation) {
  const after = rootOf(operation)?.arguments?.find(({ name }) => name.value === 'after')?.value;
  if (!after || after.kind === Kind.NULL) return false;
  return after.kind !== Kind.VARIABLE || variables?.[after.name.value] != null;
}

// The same subscription, from the change after `position` on.
export function resumedAfter(params, position) {
  if (position == null) return params;
  const definitions = parse(params.query).definitions.map((definition) => {
    if (definition.operation !== 'subscription') return definition;
    const root = rootOf(definition);
    if (!root || (params.operationName && definition.name?.value !== params.operationName)) return definition;
    const after = {
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: 'after' },
      value: { kind: Kind.INT, value: String(position) },
    };
    const others = (root.arguments ?? []).filter(({ name }) => name.value !== 'after');
    const selections = definition.selectionSet.selections.map((one) =>
      one === root ? { ...root, arguments: [...others, after] } : one,
    );
    return { ...definition, selectionSet: { ...definition.selectionSet, selections } };
  });
  return { ...params, query: print({ kind: Kind.DOCUMENT, definitions }) };
}
