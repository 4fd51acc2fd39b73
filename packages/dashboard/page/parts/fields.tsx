import type { ComponentChildren } from 'preact';

interface FieldProps {
  label: string;
  value: string;
  change(value: string): void;
  help?: ComponentChildren;
  type?: 'text' | 'number' | 'datetime-local';
  min?: number;
  placeholder?: string;
}

export function Field({ label, value, change, help, type = 'text', ...rest }: FieldProps) {
  const kind = { type } as { type: 'text' };
  return (
    <label>
      {label}
      <input
        value={value}
        onInput={({ currentTarget }) => change(currentTarget.value)}
        autocomplete="off"
        spellcheck={false}
        {...kind}
        {...rest}
      />
      {help && <small>{help}</small>}
    </label>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  change(value: string): void;
  options: readonly (readonly [string, string])[];
}

export function Choice({ label, value, change, options }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value} onChange={({ currentTarget }) => change(currentTarget.value)}>
        {options.map(([name, text]) => (
          <option key={name} value={name} selected={name === value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

interface CheckProps {
  label: string;
  value: boolean;
  change(value: boolean): void;
}

export function Check({ label, value, change }: CheckProps) {
  return (
    <label>
      <input
        type="checkbox"
        checked={value}
        onChange={({ currentTarget }) => change(currentTarget.checked)}
      />
      {label}
    </label>
  );
}

interface AreaProps {
  label: string;
  value: string;
  change(value: string): void;
  rows?: number;
}

export function Area({ label, value, change, rows = 10 }: AreaProps) {
  return (
    <label>
      {label}
      <textarea
        rows={rows}
        spellcheck={false}
        value={value}
        onInput={({ currentTarget }) => change(currentTarget.value)}
      />
    </label>
  );
}

/** Like a link beside others, of which one is chosen. */
export function Tabs({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <nav class="tabs" aria-label={label}>
      {children}
    </nav>
  );
}
