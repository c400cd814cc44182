// Fields of forms, and what was refused of them.

import { computed } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import type { Flaw } from '../api';
import { refusal } from '../desk';
import { flawsByField } from '../flaws';
import { MODALITIES } from '../model';
import { draft, lang, t } from '../state';
import { Icon } from './icons';
import { Section } from './parts';

/** What is wrong with the draft, by field. */
export const flaws = computed(() => {
  const mine = draft.value?.mine;
  return refusal.value && mine ? flawsByField(refusal.value, mine) : new Map<string, Flaw[]>();
});

function Flaws({ of, id }: { of: Flaw[]; id: string }) {
  if (of.length === 0) return null;
  return (
    <span class="field-flaws" id={id}>
      {of.map(({ reason, reason_en }) => (
        <span key={reason}>{lang.value === 'zh' ? reason : reason_en}</span>
      ))}
    </span>
  );
}

export function Field(props: {
  label: string;
  note?: string | undefined;
  required?: boolean;
  name?: string;
  children: ComponentChildren;
}) {
  const label = useRef<HTMLLabelElement>(null);
  const id = useId();
  const wrong = flaws.value.get(props.name ?? '\0') ?? [];
  const isWrong = wrong.length > 0;
  useLayoutEffect(() => {
    const control = label.current?.querySelector('input, select, textarea');
    if (!isWrong || !control) return;
    control.setAttribute('aria-invalid', 'true');
    control.setAttribute('aria-describedby', id);
    return () => {
      control.removeAttribute('aria-invalid');
      control.removeAttribute('aria-describedby');
    };
  }, [isWrong, id]);
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children
    <label ref={label} class="field" data-field={props.name}>
      <span class="field-label">
        {props.label}
        {props.required && <small class="is-needed">{t('edit.required')}</small>}
      </span>
      {props.children}
      <Flaws of={wrong} id={id} />
      {props.note && <small class="field-note">{props.note}</small>}
    </label>
  );
}

/** A property that takes several controls to change. */
export function FieldGroup(props: {
  name: string;
  label: string;
  class?: string;
  children: ComponentChildren;
}) {
  const id = useId();
  const wrong = flaws.value.get(props.name) ?? [];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset does not flow as the other blocks do
    <div
      role="group"
      aria-label={props.label}
      aria-describedby={wrong.length > 0 ? id : undefined}
      data-field={props.name}
      data-flawed={wrong.length > 0 ? '' : undefined}
      class={props.class}
      tabIndex={-1}
    >
      <Flaws of={wrong} id={id} />
      {props.children}
    </div>
  );
}

/** A section of the form that is one property. */
export function FieldSection(props: {
  name: string;
  title: string;
  note?: string;
  class: string;
  children: ComponentChildren;
}) {
  const { name, title, note } = props;
  return (
    <Section title={title} note={note} class={props.class}>
      <FieldGroup name={name} label={title}>
        {props.children}
      </FieldGroup>
    </Section>
  );
}

export function TextField(props: {
  name: string;
  label: string;
  value: unknown;
  note?: string;
  required?: boolean;
  rows?: number;
  placeholder?: string;
  /** Id of a list of proposals. */
  list?: string;
  /** UTF-16 units. */
  maxLength?: number;
  change: (value: string) => void;
}) {
  const { name, label, note, required, rows, placeholder, list, maxLength, change } = props;
  const value = typeof props.value === 'string' ? props.value : '';
  const shared = {
    name,
    value,
    placeholder,
    maxLength,
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
      {rows ? <textarea rows={rows} {...shared} /> : <input type="text" list={list} {...shared} />}
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

export function SelectField<T extends string>(props: {
  name: string;
  label: string;
  value: string;
  options: readonly (readonly [value: T, title: string])[];
  change: (value: T) => void;
}) {
  const { name, label, value, options, change } = props;
  return (
    <Field label={label} name={name}>
      <select
        name={name}
        value={value}
        onChange={({ currentTarget }) => change(currentTarget.value as T)}
      >
        {options.map(([id, title]) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </select>
    </Field>
  );
}

export function modalityOptions() {
  return MODALITIES.map((id) => [id, t(`modality.${id}`)] as const);
}

/** Adds what has been filled in, or leaves it. */
export function AddingActions(props: { add: (() => void) | null; cancel: () => void }) {
  return (
    <div class="adding-actions">
      <button
        type="button"
        class="button is-small is-primary"
        disabled={!props.add}
        onClick={() => props.add?.()}
      >
        {t('edit.status.apply')}
      </button>
      <button type="button" class="button is-small" onClick={props.cancel}>
        {t('draw.cancel')}
      </button>
    </div>
  );
}

/** Takes an entry out of a list. */
export function Remove({ act }: { act: () => void }) {
  return (
    <button type="button" class="icon-button" aria-label={t('edit.remove_entry')} onClick={act}>
      <Icon name="close" />
    </button>
  );
}

/** Opens what adds an entry to a list. */
export function Adder({ label, act }: { label: string; act: () => void }) {
  return (
    <button type="button" class="button is-small adder" onClick={act}>
      <Icon name="plus" />
      {label}
    </button>
  );
}
