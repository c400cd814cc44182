// Where a feature is and how surely: drawn on the map, made from a boundary sentence, or not known.

import { useState } from 'preact/hooks';
import { fetchBoundaries, fetchDocument, Problem, unreachable } from '../api';
import { edit } from '../desk';
import {
  changed,
  findQuote,
  isUnlocated,
  type Kept,
  same,
  withCompiled,
  withoutGeometry,
} from '../editing';
import { hectares } from '../format';
import { propertyName } from '../i18n';
import { moveToAll } from '../map/canvas';
import { type Boundary, type Citation, type LocatedBy, WAYS } from '../model';
import { documents, lang, ready, type Shaping, shaping, t } from '../state';
import { Field, FieldGroup, NumberField, Remove, SelectField, TextField } from './fields';
import { Icon } from './icons';
import { Failure, FeatureLabel, Section, shortTitle } from './parts';
import { FeaturePicker } from './pick';

const SHAPES = ['point', 'line', 'polygon'] as const;

export function Place(props: { mine: Kept; base: Kept | null; collection: string }) {
  const { mine, base } = props;
  const { geometry, properties } = mine;
  const [sentence, setSentence] = useState(false);
  const isMoved = !same(geometry, base?.geometry ?? null);
  const set = (name: string, after: unknown) => edit((one) => changed(one, [{ name, after }]));
  const locate = (by: LocatedBy) => {
    if (by === 'none' || by === 'container') edit((one) => withoutGeometry(one, by));
    else set('located_by', by);
  };
  const undo = () =>
    edit((one) =>
      changed(
        one,
        ['geometry', 'located_by', 'accuracy_m', 'container', 'sides'].map((name) => ({
          name,
          after: name === 'geometry' ? base?.geometry : base?.properties[name],
        })),
      ),
    );
  return (
    <Section title={t('edit.place')} class="edit-place">
      {!geometry && <p class="fine">{t('edit.place.none')}</p>}
      <FieldGroup name="geometry" label={propertyName(lang.value, 'geometry')} class="tools">
        {SHAPES.map((shape) => (
          <Tool key={shape} shape={shape} />
        ))}
        {geometry && <Tool shape="vertices" />}
        <button
          type="button"
          class="button is-small"
          aria-pressed={sentence}
          data-tool="sentence"
          onClick={() => setSentence(!sentence)}
        >
          {t('edit.place.sentence')}
        </button>
        {isMoved && (
          <button type="button" class="button is-small" data-tool="undo" onClick={undo}>
            {t('edit.place.undo')}
          </button>
        )}
      </FieldGroup>
      {sentence && <Sentence close={() => setSentence(false)} />}
      {isMoved && properties.located_by === 'digitised' && (
        <p class="fine">{t('edit.place.drawn')}</p>
      )}
      <SelectField
        name="located_by"
        label={propertyName(lang.value, 'located_by')}
        value={String(properties.located_by)}
        options={WAYS.filter(
          (by) => isUnlocated(by) || geometry || by === properties.located_by,
        ).map((by) => [by, t(`edit.located.${by}`)] as const)}
        change={locate}
      />
      {geometry && (
        <NumberField
          name="accuracy_m"
          label={propertyName(lang.value, 'accuracy_m')}
          value={properties.accuracy_m}
          required
          change={(value) => set('accuracy_m', value)}
        />
      )}
      {properties.located_by === 'container' && (
        <Container mine={mine} collection={props.collection} />
      )}
      <TextField
        name="evidence"
        label={propertyName(lang.value, 'evidence')}
        value={properties.evidence}
        rows={2}
        required
        change={(value) => set('evidence', value)}
      />
      <TextField
        name="evidence_en"
        label={propertyName(lang.value, 'evidence_en')}
        value={properties.evidence_en}
        rows={2}
        change={(value) => set('evidence_en', value || undefined)}
      />
    </Section>
  );
}

/** What contains it, where that alone is known of its place. */
function Container({ mine, collection }: { mine: Kept; collection: string }) {
  const { container } = mine.properties;
  const label = propertyName(lang.value, 'container');
  const set = (after: string | undefined) =>
    edit((one) => changed(one, [{ name: 'container', after }]));
  if (typeof container !== 'string' || container === '') {
    return (
      <FeaturePicker
        name="container"
        label={label}
        except={[`${collection}/${mine.id}`]}
        pick={set}
      />
    );
  }
  return (
    <FieldGroup name="container" label={label} class="field">
      <span class="field-label">{label}</span>
      <ol class="entries">
        <li data-ref={container}>
          <p>
            <FeatureLabel reference={container} />
          </p>
          <Remove act={() => set(undefined)} />
        </li>
      </ol>
    </FieldGroup>
  );
}

function Tool({ shape }: { shape: Shaping }) {
  return (
    <button
      type="button"
      class="button is-small"
      data-tool={shape}
      aria-pressed={shaping.value === shape}
      onClick={() => {
        shaping.value = shaping.value === shape ? null : shape;
      }}
    >
      {shape === 'polygon' && <Icon name="polygon" />}
      {shape === 'point' && <Icon name="target" />}
      {shape === 'vertices' && <Icon name="edit" />}
      {t(`edit.place.${shape}`)}
    </button>
  );
}

/** A boundary sentence, compiled, and its polygon taken with what it rests on. */
function Sentence({ close }: { close: () => void }) {
  const [text, setText] = useState('');
  const [document, setDocument] = useState('');
  const [found, setFound] = useState<Boundary[] | Problem | 'busy' | null>(null);
  const [isUncited, setUncited] = useState(false);
  const run = () => {
    setFound('busy');
    fetchBoundaries(text, 'centre').then(
      ({ features }) => setFound(features),
      (error: unknown) => setFound(error instanceof Problem ? error : unreachable()),
    );
  };
  const take = async (boundary: Boundary) => {
    const { geometry, properties } = boundary;
    if (!geometry) return;
    const { sentence, sides, accuracy_m } = properties;
    const cited = document === '' ? null : await placeIn(document, sentence).catch(() => null);
    if (document !== '' && !cited) setUncited(true);
    edit((one) => withCompiled(one, { geometry, sentence, sides, accuracy_m }, cited));
    moveToAll({ before: [], after: [geometry] });
    if (document === '' || cited) close();
  };
  return (
    <div class="sentence">
      <Field label={t('edit.sentence.text')} name="sentence">
        <textarea
          rows={3}
          class="is-quote"
          lang="zh-CN"
          value={text}
          placeholder="北至…，南至…，西至…，东至…"
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
            setFound(null);
            setUncited(false);
          }}
        />
      </Field>
      <Field label={t('edit.sentence.cite')}>
        <select value={document} onChange={({ currentTarget }) => setDocument(currentTarget.value)}>
          <option value="">{t('edit.sentence.uncited')}</option>
          {(ready(documents.load.value) ?? []).map(({ id }) => (
            <option key={id} value={id}>
              {shortTitle(id)}
            </option>
          ))}
        </select>
      </Field>
      <button
        type="button"
        class="button is-small"
        disabled={text.trim() === '' || found === 'busy'}
        onClick={run}
      >
        {t('edit.sentence.run')}
      </button>
      {found instanceof Problem && <Failure problem={found} />}
      {isUncited && (
        <p class="fine is-error" role="alert">
          {t('edit.sentence.absent')}
        </p>
      )}
      {Array.isArray(found) && found.length === 0 && (
        <p class="fine is-error">{t('boundary.none')}</p>
      )}
      {Array.isArray(found) &&
        found.map((boundary) => (
          <div key={boundary.properties.start} class="sentence-outcome">
            <p class={`outcome is-${boundary.properties.outcome}`}>
              {t(`boundary.${boundary.properties.outcome}`)}
              {boundary.properties.area_m2 !== null &&
                ` · ${hectares(boundary.properties.area_m2, lang.value)}`}
            </p>
            {boundary.geometry ? (
              <button
                type="button"
                class="button is-small is-primary"
                onClick={() => take(boundary)}
              >
                {t('edit.sentence.take')}
              </button>
            ) : (
              <p class="fine is-error">
                {(lang.value === 'zh'
                  ? boundary.properties.message
                  : boundary.properties.message_en) ?? t('edit.sentence.none')}
              </p>
            )}
          </div>
        ))}
    </div>
  );
}

/** Where a document has a sentence; null: nowhere. */
export async function placeIn(id: string, sentence: string): Promise<Citation | null> {
  const { text } = await fetchDocument(id);
  const [first] = findQuote(text, sentence);
  return first ? { document: id, ...first } : null;
}
