import 'graphiql/style.css';
import './page.css';
import { useEditorContext, useExecutionContext, useSchemaStore } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { useEffect, useMemo, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { fetcher } from './fetcher.js';
import { useNotice } from './notice.js';
import { storageOf } from './storage.js';
import { emptyQuery, firstTabs } from './tabs.js';
import { TokenDialog } from './token-dialog.jsx';
import { useIsRejected, useToken } from './token.js';
import { viewerOf } from './viewer.js';

const asked = new URLSearchParams(location.search);
const REJECTED = 'The server no longer knows this token: it has expired or was revoked.';

// Lines that do not fit are continued on the next one: comments stay readable on a phone.
function WrappedLines() {
  const { queryEditor } = useEditorContext({ nonNull: true });
  useEffect(() => queryEditor?.setOption('lineWrapping', true), [queryEditor]);
  return null;
}

// The first tab of somebody who has none yet is run at once, when the editors and the schema are there.
function RunOnce() {
  const { queryEditor, responseEditor } = useEditorContext({ nonNull: true });
  const { run } = useExecutionContext({ nonNull: true });
  const schema = useSchemaStore((store) => store.schema);
  const done = useRef(false);
  useEffect(() => {
    if (done.current || !queryEditor || !responseEditor || !schema) return;
    done.current = true;
    run();
  }, [queryEditor, responseEditor, schema, run]);
  return null;
}

function Explorer({ viewer, cycle, onToken }) {
  const storage = useMemo(() => storageOf(viewer.organization.id), [viewer]);
  const isNew = useMemo(() => !storage?.getItem('graphiql:tabState') && !asked.has('query'), [storage]);
  const tabs = useMemo(() => firstTabs(cycle), [cycle]);
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      schemaDescription
      inputValueDeprecation
      defaultQuery={emptyQuery}
      defaultTabs={tabs}
      query={asked.get('query') ?? undefined}
      variables={asked.get('variables') ?? undefined}
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo>
        <button type="button" className="okr-viewer" title="Use another token" onClick={onToken}>
          {viewer.name} <span>· {viewer.organization.name}</span>
        </button>
        <WrappedLines />
        {isNew && <RunOnce />}
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

function Notice() {
  const notice = useNotice();
  return (
    <p className={`okr-notice okr-${notice?.kind}`} role="status" hidden={!notice}>
      {notice?.text}
    </p>
  );
}

function Page() {
  const token = useToken();
  const isRejected = useIsRejected();
  const [found, setFound] = useState(null); // { token, viewer, cycle } or { token, reason }
  const [isAsking, setIsAsking] = useState(false);
  useEffect(() => {
    let current = true;
    if (found?.token !== token) viewerOf(token).then((answer) => current && setFound({ token, ...answer }));
    return () => {
      current = false;
    };
  }, [token, found]);

  if (!found) return <p className="okr-loading">Loading …</p>;
  const mustAsk = !found.viewer || isRejected;
  return (
    <>
      {found.viewer && (
        <Explorer key={found.token} viewer={found.viewer} cycle={found.cycle} onToken={() => setIsAsking(true)} />
      )}
      {(mustAsk || isAsking) && (
        <TokenDialog
          key={mustAsk ? 'must' : 'may'}
          reason={isRejected ? REJECTED : found.reason}
          viewer={mustAsk ? null : found.viewer}
          onAccepted={({ token: accepted, ...answer }) => {
            setFound({ token: accepted, ...answer });
            setIsAsking(false);
          }}
          onClose={() => setIsAsking(false)}
        />
      )}
      <Notice />
    </>
  );
}

createRoot(document.getElementById('page')).render(<Page />);
