import { useEffect, useRef, useState } from 'react';
import { setToken } from './token.js';
import { viewerOf } from './viewer.js';

// Asks for a token until the server takes one; `reason` says why the last one was not taken.
export function TokenDialog({ reason, viewer, onAccepted, onClose }) {
  const dialog = useRef(null);
  const [text, setText] = useState('');
  const [problem, setProblem] = useState(reason);
  const [checking, setChecking] = useState(false);
  useEffect(() => dialog.current.showModal(), []);

  const submit = async (event) => {
    event.preventDefault();
    const token = text.trim().replace(/^bearer\s+/i, '');
    if (!token) return setProblem('Paste a token first.');
    setChecking(true);
    const found = await viewerOf(token);
    setChecking(false);
    if (!found.viewer) return setProblem(found.reason);
    setToken(token);
    onAccepted({ token, ...found });
  };

  return (
    <dialog
      ref={dialog}
      className="okr-dialog"
      aria-labelledby="okr-dialog-title"
      onCancel={(event) => (viewer ? onClose() : event.preventDefault())}
    >
      <form onSubmit={submit}>
        <h1 id="okr-dialog-title">{viewer ? 'Use another token' : 'OKR API'}</h1>
        {viewer ? (
          <p>
            You are {viewer.name} of {viewer.organization.name}, with {viewer.scopes.join(', ').toLowerCase()}.
          </p>
        ) : (
          <p>Give a token to see your organisation. It is kept for this browser tab only.</p>
        )}
        <label htmlFor="okr-token">Token</label>
        <input
          id="okr-token"
          name="token"
          type="text"
          value={text}
          placeholder="okr_…"
          autoFocus
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          aria-describedby="okr-problem"
          onChange={(event) => setText(event.target.value)}
        />
        <p id="okr-problem" className="okr-problem" role="alert">
          {problem}
        </p>
        <div className="okr-buttons">
          {viewer && (
            <button type="button" onClick={onClose}>
              Cancel
            </button>
          )}
          <button type="submit" className="okr-primary" disabled={checking}>
            {checking ? 'Checking …' : 'Use this token'}
          </button>
        </div>
        <details>
          <summary>Where do I get a token?</summary>
          <p>
            The demo (<code>make run</code>) prints one. Elsewhere an operator makes it:
          </p>
          <pre>okr-api token create --service explorer --scope read</pre>
          <p>
            With <code>--scope check_in</code> or <code>write</code> it may also record and change.
          </p>
        </details>
      </form>
    </dialog>
  );
}
