// A subscription that survives the loss of its connection: it connects again and goes on after the last event.
import { createClient } from 'graphql-ws';
import { setNotice } from './notice.js';
import { beginsAfter, positionIn, resumedAfter } from './resumption.js';
import { codeOf, post, problem, url } from './server.js';
import { rejectToken } from './token.js';

const socketUrl = location.origin.replace(/^http/, 'ws') + url;
const LONGEST_WAIT_MS = 8_000;
const TOKEN_REFUSED = new Set([4401, 4403]);
const TRY_AGAIN = new Set([4408]);

const isFinal = ({ code }) => code >= 4400 && code < 4500 && !TRY_AGAIN.has(code);

export function subscribe(params, operation, headers, observer) {
  let ended = false;
  let attempts = 0;
  let position;
  let timer;
  let dispose = () => {};

  const end = (notice) => {
    ended = true;
    clearTimeout(timer);
    window.removeEventListener('online', retryNow);
    setNotice(notice);
  };
  const finish = (result) => {
    end();
    if (result) observer.next(result);
    observer.complete();
  };
  const retryNow = () => timer && connect();
  const retryLater = () => {
    const wait = Math.min(2 ** attempts * 500, LONGEST_WAIT_MS);
    attempts += 1;
    setNotice('The server does not answer. Connecting again …', 'alert');
    timer = setTimeout(connect, wait);
  };

  async function connect() {
    clearTimeout(timer);
    timer = undefined;
    // Begun "from now on", it would miss what happens while the connection is lost: now is asked for.
    if (position === undefined && !beginsAfter(params, operation)) {
      const result = await post({ query: '{ seq }' }, headers);
      if (ended) return;
      if (codeOf(result) === 'UNREACHABLE') return retryLater();
      if (codeOf(result) === 'NOT_AUTHENTICATED') rejectToken();
      if (result.errors) return finish(result);
      position = result.data.seq;
    }
    const client = createClient({ url: socketUrl, connectionParams: headers, retryAttempts: 0 });
    client.on('connected', () => {
      setNotice(attempts ? 'Connected again. Listening …' : 'Listening …');
      attempts = 0;
    });
    dispose = client.subscribe(resumedAfter(params, position), {
      next: (result) => {
        position = positionIn(operation, result) ?? position;
        observer.next(result);
      },
      error: (fault) => {
        if (ended) return;
        if (Array.isArray(fault)) finish({ errors: fault });
        else if (fault instanceof CloseEvent && isFinal(fault)) {
          finish(problem(`The server has closed the connection: ${fault.reason || fault.code}`));
          if (TOKEN_REFUSED.has(fault.code)) rejectToken();
        } else retryLater();
      },
      complete: () => !ended && finish(),
    });
  }

  window.addEventListener('online', retryNow);
  connect();
  return {
    unsubscribe() {
      end();
      dispose();
    },
  };
}

