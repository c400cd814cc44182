// Choosing a feature by its name.

import { useEffect, useId, useState } from 'preact/hooks';
import { Problem, unreachable } from '../api';
import { nameOf } from '../i18n';
import { refOf } from '../model';
import { type Group, REST, searchAll } from '../search';
import { collections, lang, t } from '../state';
import { Field } from './fields';
import { collectionTitle, kindTitle } from './parts';

export function FeaturePicker(props: {
  name: string;
  label: string;
  /** References that make no sense here. */
  except: string[];
  pick: (reference: string) => void;
}) {
  const { name, label, except, pick } = props;
  const [query, setQuery] = useState('');
  const [found, setFound] = useState<Group[] | Problem | 'idle' | 'busy'>('idle');
  const [active, setActive] = useState(0);
  const list = useId();
  const text = query.trim();
  const among = collections.value;
  useEffect(() => {
    if (text === '') {
      setFound('idle');
      return;
    }
    setFound('busy');
    const control = new AbortController();
    const timer = setTimeout(() => {
      searchAll(text, among, control.signal).then(
        (groups) => {
          setFound(groups);
          setActive(0);
        },
        (error: unknown) => {
          if (control.signal.aborted) return;
          setFound(error instanceof Problem ? error : unreachable());
        },
      );
    }, REST);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [text, among]);
  const hits = (Array.isArray(found) ? found : [])
    .flatMap(({ collection, features }) =>
      features.map((feature) => ({ collection, feature, ref: refOf(collection, feature) })),
    )
    .filter(({ ref }) => !except.includes(ref));
  const choose = (ref: string) => {
    setQuery('');
    pick(ref);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // A key that ends a composition is none of ours.
    if (event.isComposing || event.keyCode === 229) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const hit = hits[active];
    if (step !== 0 && hits.length > 0) {
      event.preventDefault();
      setActive((active + step + hits.length) % hits.length);
    } else if (event.key === 'Enter' && hit) {
      event.preventDefault();
      choose(hit.ref);
    } else if (event.key === 'Escape' && query !== '') {
      event.stopPropagation();
      setQuery('');
    }
  };
  return (
    <div class="feature-picker">
      <Field label={label} name={name} note={query === '' ? t('edit.pick.note') : undefined}>
        <input
          type="text"
          name={name}
          role="combobox"
          autocomplete="off"
          spellcheck={false}
          aria-expanded={hits.length > 0}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={hits.length > 0 ? `${list}-${active}` : undefined}
          placeholder={t('search.placeholder')}
          value={query}
          onInput={({ currentTarget }) => setQuery(currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      </Field>
      {found === 'busy' && <p class="fine">{t('search.busy')}</p>}
      {found instanceof Problem && (
        <p class="fine is-error">
          {t('search.failed', { detail: found.detail[lang.value] || t('error.offline') })}
        </p>
      )}
      {Array.isArray(found) && hits.length === 0 && (
        <p class="fine">{t('search.none', { q: text })}</p>
      )}
      <div id={list} role="listbox" aria-label={label} hidden={hits.length === 0}>
        {hits.map(({ collection, feature, ref }, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the field, which owns the list
          <div
            key={ref}
            id={`${list}-${index}`}
            class={`search-option ${index === active ? 'is-active' : ''}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            data-ref={ref}
            onClick={() => choose(ref)}
            onMouseEnter={() => setActive(index)}
          >
            <span class="search-name">{nameOf(lang.value, feature.properties)}</span>
            <span class="search-kind">
              {collectionTitle(collection)} · {kindTitle(collection, feature.properties.kind)}
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}
