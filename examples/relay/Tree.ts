// What relay-compiler reads. Nothing imports this file: with Vite or Babel these tags stand in your components, and a
// plugin puts the compiled artifacts in their place; without a bundler, main.ts imports the artifacts itself.
import { graphql } from "relay-runtime";

graphql`
  fragment Tree_numbers on Measured {
    id
    externalId
    progress
    status
    ... on KeyResult {
      currentValue
    }
  }
`;

graphql`
  query TreeRootQuery($externalId: String!) {
    objective(externalId: $externalId) {
      id
    }
  }
`;

graphql`
  query TreeQuery($root: ID!) {
    objectiveTree(rootId: $root) {
      seq
      roots {
        ...Tree_numbers @relay(mask: false)
        children {
          ...Tree_numbers @relay(mask: false)
          keyResults {
            id
            ...Tree_numbers @relay(mask: false)
          }
        }
      }
    }
  }
`;

graphql`
  mutation TreeCheckInMutation($input: CheckInRecordInput!) {
    checkInRecord(input: $input) {
      seq
      replayed
      errors {
        code
        message
        path
      }
      deltas {
        node {
          ...Tree_numbers @relay(mask: false)
        }
      }
    }
  }
`;

graphql`
  subscription TreeProgressSubscription($root: ID!, $after: Seq!) {
    progressChanged(objectiveId: $root, after: $after) {
      seq
      deltas {
        node {
          ...Tree_numbers @relay(mask: false)
        }
      }
    }
  }
`;
