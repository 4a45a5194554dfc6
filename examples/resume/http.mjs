// Queries and mutations by plain fetch.
const { OKR_URL: url, OKR_TOKEN: token } = process.env;

export async function ask(query, variables) {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

export const SNAPSHOT = `query ($externalId: String!) {
  seq
  objective(externalId: $externalId) { title progress children { title progress keyResults { externalId currentValue } } }
}`;

export const CHECK_IN = `mutation ($input: CheckInRecordInput!) {
  checkInRecord(input: $input) { seq errors { code message path } }
}`;
