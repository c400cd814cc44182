// The form of a feature's attributes.

import type { StyleSpecification } from 'maplibre-gl';
import { useState } from 'preact/hooks';
import { edit, update } from '../desk';
import {
  COMMON,
  changed,
  citationsOf,
  type Draft,
  isSimple,
  type Kept,
  statusesOf,
  withCitation,
  withStatus,
  withStatuses,
} from '../editing';
import { nameOf, propertyName, statusWord, titleOf } from '../i18n';
import { landUseOf, landUses } from '../map/style';
import { type Citation, STATUSES, type Status, type StatusEntry } from '../model';
import { collections, documents, lang, ready, t } from '../state';
import { citationWords } from './changes';
import { CitePicker } from './cite';
import {
  Adder,
  AddingActions,
  Field,
  FieldSection,
  modalityOptions,
  NumberField,
  Remove,
  SelectField,
  TextField,
} from './fields';
import { StatusMark } from './marks';
import { Section } from './parts';
import { Place } from './place';
import { Quantities } from './quantities';
import { PlacedIn, Relations } from './relations';

/** Properties with fields of their own. */
const OWN = [
  'name',
  'name_en',
  'aliases',
  'kind',
  'status',
  'statuses',
  'located_by',
  'accuracy_m',
  'evidence',
  'evidence_en',
  'container',
  'placed_in',
  'relations',
  'quantities',
  'citations',
  'land_use',
];

function set(name: string, after: unknown): void {
  edit((feature) => changed(feature, [{ name, after }]));
}

export function Form({ draft, style }: { draft: Draft; style: StyleSpecification | null }) {
  const { collection, base, mine } = draft;
  if (!mine) return null;
  const needsCitation = ['zones', 'parcels', 'projects'].includes(collection);
  const hasStatus = statusesOf(mine).length > 0 || ['parcels', 'projects'].includes(collection);
  return (
    <>
      <Basic draft={draft} mine={mine} />
      <Statuses mine={mine} style={style} isOpen={hasStatus} />
      <LandUse mine={mine} style={style} />
      <Place mine={mine} base={base} collection={collection} />
      <PlacedIn mine={mine} collection={collection} />
      <Relations mine={mine} collection={collection} />
      <Quantities mine={mine} />
      <Citations mine={mine} isNeeded={needsCitation} />
      <Others mine={mine} isNew={draft.version === null} collection={collection} />
    </>
  );
}

function Basic({ draft, mine }: { draft: Draft; mine: Kept }) {
  const { properties } = mine;
  const collection = collections.value.find(({ id }) => id === draft.collection);
  const isNew = draft.version === null;
  const aliases = Array.isArray(properties.aliases) ? properties.aliases : [];
  return (
    <Section title={t('edit.basic')}>
      {isNew && (
        <>
          <SelectField
            name="collection"
            label={t('edit.collection')}
            value={draft.collection}
            options={collections.value.map(
              (known) => [known.id, titleOf(lang.value, known)] as const,
            )}
            change={(next) => {
              const known = collections.peek().find(({ id }) => id === next);
              update({ collection: next });
              set('kind', known?.kinds[0]?.id ?? '');
            }}
          />
          <Field label={t('edit.id')} note={t('edit.id.note')} name="id">
            <input
              type="text"
              name="id"
              value={mine.id}
              onInput={({ currentTarget }) => {
                const id = currentTarget.value.trim();
                edit((feature) => ({ ...feature, id }));
              }}
            />
          </Field>
        </>
      )}
      <TextField
        name="name"
        label={propertyName(lang.value, 'name')}
        value={properties.name}
        required
        change={(value) => set('name', value)}
      />
      <TextField
        name="name_en"
        label={propertyName(lang.value, 'name_en')}
        value={properties.name_en}
        required
        change={(value) => set('name_en', value)}
      />
      <Aliases key={mine.id} aliases={aliases} />
      <SelectField
        name="kind"
        label={propertyName(lang.value, 'kind')}
        value={String(properties.kind)}
        options={(collection?.kinds ?? []).map(
          (kind) => [kind.id, titleOf(lang.value, kind)] as const,
        )}
        change={(value) => set('kind', value)}
      />
    </Section>
  );
}

/** Typed as one text: a comma at its end is none yet to be taken away. */
function Aliases({ aliases }: { aliases: unknown[] }) {
  const [text, setText] = useState(aliases.join('、'));
  return (
    <TextField
      name="aliases"
      label={propertyName(lang.value, 'aliases')}
      note={t('edit.aliases.note')}
      value={text}
      change={(value) => {
        setText(value);
        const names = value.split(/[、,，;；]/).map((name) => name.trim());
        const given = names.filter((name) => name !== '');
        set('aliases', given.length > 0 || aliases.length > 0 ? given : undefined);
      }}
    />
  );
}

function Statuses(props: { mine: Kept; style: StyleSpecification | null; isOpen: boolean }) {
  const { mine, style } = props;
  const [adding, setAdding] = useState(false);
  const statuses = statusesOf(mine);
  return (
    <FieldSection
      name="statuses"
      title={propertyName(lang.value, 'status')}
      note={t('edit.status.note')}
      class="edit-statuses"
    >
      <ol class="entries">
        {statuses.map((entry, index) => (
          <li key={`${entry.status}${entry.citation.start}${entry.date}`}>
            <StatusMark style={style} status={entry.status} />
            <div>
              <p>
                {statusWord(lang.value, entry.status)} · {t(`modality.${entry.modality}`)} ·{' '}
                {entry.date ?? t('detail.undated')}
              </p>
              <p class="fine" lang="zh-CN">
                {citationWords(entry.citation)}
              </p>
            </div>
            <Remove
              act={() =>
                edit((one) =>
                  withStatuses(
                    one,
                    statuses.filter((_, i) => i !== index),
                  ),
                )
              }
            />
          </li>
        ))}
      </ol>
      {adding ? (
        <AddStatus
          add={(entry) => {
            edit((one) => withStatus(one, entry));
            setAdding(false);
          }}
          cancel={() => setAdding(false)}
        />
      ) : (
        <Adder label={t('edit.status.add')} act={() => setAdding(true)} />
      )}
    </FieldSection>
  );
}

function AddStatus(props: { add: (entry: StatusEntry) => void; cancel: () => void }) {
  const [status, setStatus] = useState<Status>('planned');
  const [modality, setModality] = useState<StatusEntry['modality']>('intended');
  const [date, setDate] = useState<string | null>(null);
  const [citation, setCitation] = useState<Citation | null>(null);
  const known = ready(documents.load.value)?.find(({ id }) => id === citation?.document);
  // A status holds as of the document that states it, unless somebody knows better.
  const shown = date ?? known?.date?.slice(0, 4) ?? '';
  return (
    <div class="adding" data-adding="status">
      <div class="field-row">
        <SelectField
          name="status"
          label={t('edit.status.word')}
          value={status}
          options={STATUSES.map((id) => [id, statusWord(lang.value, id)] as const)}
          change={setStatus}
        />
        <SelectField
          name="modality"
          label={t('edit.status.modality')}
          value={modality}
          options={modalityOptions()}
          change={setModality}
        />
      </div>
      <TextField
        name="date"
        label={t('edit.status.date')}
        note={t('edit.status.date.note')}
        value={shown}
        change={setDate}
      />
      <CitePicker citation={null} pick={setCitation} />
      <AddingActions
        add={
          citation && (() => props.add({ status, modality, date: shown.trim() || null, citation }))
        }
        cancel={props.cancel}
      />
    </div>
  );
}

interface StatedUse {
  code: string;
  name?: string;
  name_en?: string;
  citation: Citation;
}

function LandUse({ mine, style }: { mine: Kept; style: StyleSpecification | null }) {
  const stated = mine.properties.land_use as StatedUse | undefined | null;
  const [adding, setAdding] = useState(false);
  return (
    <FieldSection
      name="land_use"
      title={propertyName(lang.value, 'land_use')}
      class="edit-land-use"
    >
      {stated && (
        <ol class="entries">
          <li>
            <div>
              <p>
                {stated.code} {nameOf(lang.value, stated)}
              </p>
              <p class="fine" lang="zh-CN">
                {citationWords(stated.citation)}
              </p>
            </div>
            <Remove act={() => set('land_use', undefined)} />
          </li>
        </ol>
      )}
      {adding ? (
        <AddLandUse
          stated={stated ?? null}
          style={style}
          add={(use) => {
            edit((one) =>
              withCitation(changed(one, [{ name: 'land_use', after: use }]), use.citation),
            );
            setAdding(false);
          }}
          cancel={() => setAdding(false)}
        />
      ) : (
        <Adder
          label={t(stated ? 'edit.land_use.change' : 'edit.land_use.add')}
          act={() => setAdding(true)}
        />
      )}
    </FieldSection>
  );
}

function AddLandUse(props: {
  stated: StatedUse | null;
  style: StyleSpecification | null;
  add: (use: StatedUse) => void;
  cancel: () => void;
}) {
  const { stated, style } = props;
  const [code, setCode] = useState(stated?.code ?? '');
  const [name, setName] = useState<string | null>(stated?.name ?? null);
  const [citation, setCitation] = useState<Citation | null>(null);
  const known = style && code ? landUseOf(style, code) : null;
  const shown = name ?? known?.title ?? '';
  return (
    <div class="adding" data-adding="land_use">
      <div class="field-row">
        <Field label={t('edit.land_use.code')}>
          <input
            type="text"
            name="land_use_code"
            list="land-uses"
            value={code}
            onInput={({ currentTarget }) => {
              setCode(currentTarget.value.trim());
              setName(null);
            }}
          />
        </Field>
        <datalist id="land-uses">
          {style &&
            landUses(style).map((use) => (
              <option key={use.code} value={use.code}>
                {titleOf(lang.value, use)}
              </option>
            ))}
        </datalist>
        <TextField
          name="land_use_name"
          label={t('edit.land_use.name')}
          value={shown}
          change={setName}
        />
      </div>
      <CitePicker citation={stated?.citation ?? null} pick={setCitation} />
      <AddingActions
        add={
          citation && code !== ''
            ? () => props.add({ code, ...(shown ? { name: shown } : {}), citation })
            : null
        }
        cancel={props.cancel}
      />
    </div>
  );
}

function Citations({ mine, isNeeded }: { mine: Kept; isNeeded: boolean }) {
  const [adding, setAdding] = useState(false);
  const [citation, setCitation] = useState<Citation | null>(null);
  const citations = citationsOf(mine);
  return (
    <FieldSection
      name="citations"
      title={propertyName(lang.value, 'citations')}
      class="edit-citations"
    >
      {isNeeded && citations.length === 0 && <p class="fine is-error">{t('edit.cite.needed')}</p>}
      <ol class="entries">
        {citations.map((one, index) => (
          <li key={`${one.document}${one.start}${one.quote}`}>
            <p class="fine" lang="zh-CN">
              {citationWords(one)}
            </p>
            <Remove
              act={() =>
                set(
                  'citations',
                  citations.filter((_, i) => i !== index),
                )
              }
            />
          </li>
        ))}
      </ol>
      {adding ? (
        <div class="adding" data-adding="citation">
          <CitePicker citation={null} pick={setCitation} />
          <AddingActions
            add={
              citation &&
              (() => {
                edit((feature) => withCitation(feature, citation));
                setAdding(false);
              })
            }
            cancel={() => setAdding(false)}
          />
        </div>
      ) : (
        <Adder label={t('edit.cite.add')} act={() => setAdding(true)} />
      )}
    </FieldSection>
  );
}

/** What has no field of its own: texts, numbers and yes or no are changed as they stand. */
function Others(props: { mine: Kept; isNew: boolean; collection: string }) {
  const { properties } = props.mine;
  const simple = Object.keys(properties).filter(
    (name) => !OWN.includes(name) && isSimple(properties[name]),
  );
  const area = props.collection === 'parcels' ? ['area_m2'] : [];
  const names = [...new Set([...area, ...simple, ...COMMON])];
  return (
    <details class="fold edit-others">
      <summary>{t('edit.others')}</summary>
      <div class="block">
        {names.map((name) => {
          const value = properties[name];
          const label = propertyName(lang.value, name);
          const isNeeded = name === 'source' || name === 'licence';
          if (typeof value === 'number' || name === 'area_m2') {
            return (
              <NumberField
                key={name}
                name={name}
                label={label}
                value={value}
                change={(given) => set(name, given ?? undefined)}
              />
            );
          }
          if (typeof value === 'boolean') {
            return (
              <label key={name} class="field is-check">
                <input
                  type="checkbox"
                  checked={value}
                  onChange={({ currentTarget }) => set(name, currentTarget.checked)}
                />
                {label}
              </label>
            );
          }
          return (
            <TextField
              key={name}
              name={name}
              label={label}
              value={value}
              {...(name.startsWith('note') ? { rows: 2 } : {})}
              change={(given) => set(name, given === '' && !isNeeded ? undefined : given)}
            />
          );
        })}
      </div>
    </details>
  );
}
