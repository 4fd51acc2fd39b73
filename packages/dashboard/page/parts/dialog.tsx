import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Problem, problemOf } from '../api.js';
import { ProblemNote } from './problem.js';

interface DialogProps {
  title: string;
  /** What the button says that does it. */
  action: string;
  isDangerous?: boolean;
  /** What has to be typed before. */
  typed?: string;
  /** Resolves when it is done; what it rejects with is shown. */
  act(): Promise<unknown>;
  close(): void;
  children: ComponentChildren;
}

/** Asks before something is done, and says why it could not be done. */
export function Dialog({ title, action, isDangerous, typed, act, close, children }: DialogProps) {
  const place = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<Problem>();
  const [isActing, setActing] = useState(false);
  const [text, setText] = useState('');
  useEffect(() => {
    place.current?.showModal();
  }, []);

  const submit = async (event: Event) => {
    event.preventDefault();
    setActing(true);
    setProblem(undefined);
    try {
      await act();
      close();
    } catch (error) {
      setProblem(problemOf(error));
      setActing(false);
    }
  };
  return (
    <dialog ref={place} onClose={close} aria-label={title}>
      <form class="dialog" onSubmit={submit}>
        <h2>{title}</h2>
        {children}
        {typed !== undefined && (
          <label>
            <span>
              Type <code>{typed}</code> to confirm
            </span>
            <input
              name="confirm"
              autocomplete="off"
              spellcheck={false}
              value={text}
              onInput={({ currentTarget }) => setText(currentTarget.value)}
            />
          </label>
        )}
        <ProblemNote problem={problem} />
        <div class="buttons">
          <button type="button" class="secondary outline" onClick={() => place.current?.close()}>
            Leave it
          </button>
          <button
            type="submit"
            class={isDangerous ? 'dangerous' : undefined}
            aria-busy={isActing}
            disabled={isActing || (typed !== undefined && text !== typed)}
          >
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** Which dialog is open, and a function that opens one. */
export function useDialog(): [
  ComponentChildren,
  (render: (close: () => void) => ComponentChildren) => void,
] {
  const [open, setOpen] = useState<{ render(close: () => void): ComponentChildren }>();
  const close = () => setOpen(undefined);
  return [open?.render(close), (render) => setOpen({ render })];
}
