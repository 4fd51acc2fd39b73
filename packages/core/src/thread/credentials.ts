import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { messageOf } from '../error-text.js';
import type { Credentials, CredentialsSource } from '../ioredis/login.js';

type Answer = { credentials: Credentials } | { failed: string };

/**
 * A port for another thread, on which this thread answers with the caller's credentials, because a function
 * cannot be sent to a thread. Neither end keeps the process alive.
 */
export function answerCredentials(source: CredentialsSource): MessagePort {
  const { port1: here, port2: there } = new MessageChannel();
  here.on('message', async (id: number) => {
    const answer = await answerOf(source);
    here.postMessage({ id, answer });
  });
  here.unref();
  return there;
}

/** Asks the thread at the other end for the credentials. */
export function askCredentials(port: MessagePort): CredentialsSource {
  const asked = new Map<number, (answer: Answer) => void>();
  let lastId = 0;
  port.on('message', ({ id, answer }: { id: number; answer: Answer }) => {
    asked.get(id)?.(answer);
    asked.delete(id);
  });
  return async () => {
    lastId += 1;
    const answer = await new Promise<Answer>((resolve) => {
      asked.set(lastId, resolve);
      port.postMessage(lastId);
    });
    if ('credentials' in answer) return answer.credentials;
    throw new Error(answer.failed);
  };
}

async function answerOf(source: CredentialsSource): Promise<Answer> {
  try {
    const { username, password } = await source();
    // Further properties may not be cloneable.
    return { credentials: { username, password } };
  } catch (error) {
    return { failed: messageOf(error) };
  }
}
