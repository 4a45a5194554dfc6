import 'graphiql/style.css';
import './page.css';
import { useSchemaStore } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { useEffect, useRef } from 'react';
import { createRoot } from 'react-dom/client';
import { fetcher } from './fetcher.js';
import { setToken, useToken } from './token.js';

function TokenField() {
  const token = useToken();
  const introspect = useSchemaStore((store) => store.introspect);
  const used = useRef(token);
  // The schema may be readable only with a token, so a changed one asks for it again (not at every keystroke).
  useEffect(() => {
    if (used.current === token) return undefined;
    const timer = setTimeout(() => {
      used.current = token;
      introspect();
    }, 600);
    return () => clearTimeout(timer);
  }, [token, introspect]);
  return (
    <label className="okr-token">
      Token
      <input
        name="token"
        type="text"
        value={token}
        placeholder="okr_…"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        title="Sent as “Authorization: Bearer …”. An Authorization in the Headers tab wins. Kept for this browser tab."
        onChange={(event) => setToken(event.target.value)}
      />
    </label>
  );
}

const asked = new URLSearchParams(location.search);

createRoot(document.getElementById('page')).render(
  <GraphiQL
    fetcher={fetcher}
    defaultQuery={document.getElementById('default-query').textContent.trim()}
    query={asked.get('query') ?? undefined}
    variables={asked.get('variables') ?? undefined}
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>
      <TokenField />
    </GraphiQL.Logo>
  </GraphiQL>,
);
