// Fields of forms.

import type { ComponentChildren } from 'preact';
import { t } from '../state';

export function Field(props: {
  label: string;
  note?: string | undefined;
  required?: boolean;
  name?: string;
  children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children
    <label class="field" data-field={props.name}>
      <span class="field-label">
        {props.label}
        {props.required && <small class="is-needed">{t('edit.required')}</small>}
      </span>
      {props.children}
      {props.note && <small class="field-note">{props.note}</small>}
    </label>
  );
}

export function TextField(props: {
  name: string;
  label: string;
  value: unknown;
  note?: string;
  required?: boolean;
  rows?: number;
  change: (value: string) => void;
}) {
  const { name, label, note, required, rows, change } = props;
  const value = typeof props.value === 'string' ? props.value : '';
  const shared = {
    name,
    value,
    spellcheck: false,
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) =>
      change(currentTarget.value),
  };
  return (
    <Field
      label={label}
      note={note}
      name={name}
      required={(required ?? false) && value.trim() === ''}
    >
      {rows ? <textarea rows={rows} {...shared} /> : <input type="text" {...shared} />}
    </Field>
  );
}

export function NumberField(props: {
  name: string;
  label: string;
  value: unknown;
  required?: boolean;
  change: (value: number | null) => void;
}) {
  const { name, label, value, required, change } = props;
  return (
    <Field label={label} name={name} required={(required ?? false) && typeof value !== 'number'}>
      <input
        type="number"
        name={name}
        min={0}
        step="any"
        value={typeof value === 'number' ? value : ''}
        onInput={({ currentTarget }) =>
          change(currentTarget.value === '' ? null : currentTarget.valueAsNumber)
        }
      />
    </Field>
  );
}
