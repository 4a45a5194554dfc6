// A Relay environment whose requests name documents by their hash: over HTTP and over the websocket alike.
import { createClient } from "graphql-ws";
import {
  Environment,
  Network,
  Observable,
  RecordSource,
  Store,
  type GraphQLResponse,
  type RequestParameters,
  type Variables,
} from "relay-runtime";

const url = process.env["OKR_URL"]!;
const authorization = `Bearer ${process.env["OKR_TOKEN"]}`;

export const socket = createClient({ url: url.replace(/^http/, "ws"), connectionParams: { authorization } });

const named = ({ id }: RequestParameters, variables: Variables) => ({ documentId: id, variables });

export const environment = new Environment({
  store: new Store(new RecordSource()),
  network: Network.create(
    async (request, variables) => {
      const response = await fetch(url, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify(named(request, variables)),
      });
      return response.json();
    },
    (request, variables) =>
      Observable.create((sink) => {
        const payload = { query: "", ...named(request, variables) }; // graphql-ws requires a string
        return socket.subscribe(payload, {
          next: (answer) => sink.next(answer as GraphQLResponse),
          error: (problem) => sink.error(problem as Error),
          complete: () => sink.complete(),
        });
      }),
  ),
});
