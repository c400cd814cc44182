// An area from elsewhere: a file opened, or a text pasted.

import { useRef, useState } from 'preact/hooks';
import {
  isGiven,
  MAX_BYTES,
  type Objection,
  readGiven,
  SYSTEMS,
  type System,
  ZONES,
} from '../given';
import { bring, t } from '../state';
import { Icon } from './icons';

/** Takes a text as area, or says why it is none. */
export function takeText(
  text: string,
  name: string | null,
  system: System | null = null,
): Objection | null {
  const read = readGiven(text, name, system);
  if (!isGiven(read)) return read;
  bring(read);
  return null;
}

export function GivenButton() {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button type="button" class="button" onClick={() => dialog.current?.showModal()}>
        <Icon name="upload" />
        {t('given.button')}
      </button>
      <dialog ref={dialog} class="given" aria-label={t('given.title')}>
        <GivenForm close={() => dialog.current?.close()} />
      </dialog>
    </>
  );
}

function GivenForm({ close }: { close: () => void }) {
  const [text, setText] = useState('');
  const [name, setName] = useState<string | null>(null);
  const [objection, setObjection] = useState<Objection | null>(null);
  const [system, setSystem] = useState<System | null>(null);
  const take = (content: string, of: string | null) => {
    const refused = takeText(content, of, system);
    setObjection(refused);
    if (refused) return;
    setText('');
    setName(null);
    close();
  };
  const open = async (file: File | undefined) => {
    if (!file) return;
    setName(file.name);
    if (file.size > MAX_BYTES) {
      setText('');
      setObjection({ word: 'given.large' });
      return;
    }
    const content = await file.text();
    setText(content);
    take(content, file.name);
  };
  return (
    <form
      method="dialog"
      onSubmit={(event) => {
        event.preventDefault();
        take(text, name);
      }}
    >
      <div class="given-head">
        <h2>{t('given.title')}</h2>
        <button type="button" class="icon-button" aria-label={t('app.close')} onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <label class="button given-file">
        <Icon name="document" />
        {t('given.open')}
        <input
          type="file"
          class="visually-hidden"
          accept=".geojson,.json,.wkt,.txt,application/geo+json,application/json,text/plain"
          onChange={({ currentTarget }) => {
            open(currentTarget.files?.[0]);
            // The same file, mended, can be opened again.
            currentTarget.value = '';
          }}
        />
      </label>
      {name && <span class="given-name">{name}</span>}
      <label class="given-text">
        {t('given.paste')}
        <textarea
          rows={7}
          spellcheck={false}
          placeholder='{"type": "Polygon", "coordinates": [[[117.15, 39.16], …]]}'
          value={text}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
            setName(null);
            setObjection(null);
          }}
        />
      </label>
      <p class="fine">{t('given.note')}</p>
      <label class="given-system">
        {t('given.system')}
        <select
          value={system ?? ''}
          onChange={({ currentTarget }) => {
            setSystem(SYSTEMS.find((known) => known === currentTarget.value) ?? null);
            setObjection(null);
          }}
        >
          <option value="">{t('given.system.degrees')}</option>
          {SYSTEMS.map((known) => (
            <option key={known} value={known}>
              {systemTitle(known)}
            </option>
          ))}
        </select>
      </label>
      {objection && (
        <p class="given-objection" role="alert">
          {t(objection.word, objection.values)}
        </p>
      )}
      <button type="submit" class="button is-primary">
        {t('given.ask')}
      </button>
    </form>
  );
}

function systemTitle(system: System): string {
  if (system === 'EPSG:3857') return t('given.system.mercator', { system });
  const { meridian, zone } = ZONES[system];
  return zone === null
    ? t('given.system.meridian', { m: meridian, system })
    : t('given.system.zone', { zone, system });
}
