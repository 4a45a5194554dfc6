// What the page opens with: the tree of a cycle, and a subscription in the second tab.
import changes from './changes.graphql';
import emptyTab from './empty-tab.graphql';
import nothingYet from './nothing-yet.graphql';
import tree from './tree.graphql';

export const emptyQuery = emptyTab;

export function firstTabs(cycle) {
  const name = cycle && `${cycle.name} (${cycle.state.toLowerCase()})`;
  const first = cycle ? tree.replace('%CYCLE%', name).replace('%ID%', cycle.id) : nothingYet;
  return [{ query: first.trim() }, { query: changes.trim() }];
}
