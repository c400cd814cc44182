// What a feature's form says of other features: where a document places it, and how they stand to it.

import { useState } from 'preact/hooks';
import { edit } from '../desk';
import { type Kept, relationsOf, withCitation, withList } from '../editing';
import { propertyName, RELATION_TYPES, type RelationType, relationWord } from '../i18n';
import type { Citation, Relation } from '../model';
import { lang, t } from '../state';
import { citationWords } from './changes';
import { CitePicker } from './cite';
import { Adder, AddingActions, FieldSection, Remove, SelectField, TextField } from './fields';
import { FeatureLabel } from './parts';
import { FeaturePicker } from './pick';

/** Where the headings of documents place it. */
export function PlacedIn({ mine, collection }: { mine: Kept; collection: string }) {
  const [adding, setAdding] = useState(false);
  const { placed_in } = mine.properties;
  const placed = Array.isArray(placed_in) ? (placed_in as string[]) : [];
  const set = (next: string[]) => edit((one) => withList(one, 'placed_in', next));
  return (
    <FieldSection
      name="placed_in"
      title={propertyName(lang.value, 'placed_in')}
      note={t('edit.placed_in.note')}
      class="edit-placed-in"
    >
      <ol class="entries">
        {placed.map((ref) => (
          <li key={ref} data-ref={ref}>
            <p>
              <FeatureLabel reference={ref} />
            </p>
            <Remove act={() => set(placed.filter((other) => other !== ref))} />
          </li>
        ))}
      </ol>
      {adding ? (
        <div class="adding" data-adding="placed_in">
          <FeaturePicker
            name="placed_in_target"
            label={t('edit.pick.label')}
            except={[`${collection}/${mine.id}`, ...placed]}
            pick={(ref) => {
              set([...placed, ref]);
              setAdding(false);
            }}
          />
          <button type="button" class="button is-small" onClick={() => setAdding(false)}>
            {t('draw.cancel')}
          </button>
        </div>
      ) : (
        <Adder label={t('edit.placed_in.add')} act={() => setAdding(true)} />
      )}
    </FieldSection>
  );
}

export function Relations({ mine, collection }: { mine: Kept; collection: string }) {
  const [adding, setAdding] = useState(false);
  const relations = relationsOf(mine);
  return (
    <FieldSection
      name="relations"
      title={propertyName(lang.value, 'relations')}
      class="edit-relations"
    >
      <ol class="entries">
        {relations.map((relation, index) => (
          <li key={`${relation.type}${relation.target}`} data-ref={relation.target}>
            <div>
              <p>
                {relationWord(lang.value, relation.type)} ·{' '}
                <FeatureLabel reference={relation.target} />
              </p>
              {relation.evidence && <p class="fine">{relation.evidence}</p>}
              {relation.citation && (
                <p class="fine" lang="zh-CN">
                  {citationWords(relation.citation)}
                </p>
              )}
            </div>
            <Remove
              act={() =>
                edit((one) =>
                  withList(
                    one,
                    'relations',
                    relations.filter((_, i) => i !== index),
                  ),
                )
              }
            />
          </li>
        ))}
      </ol>
      {adding ? (
        <AddRelation
          except={`${collection}/${mine.id}`}
          add={(relation) => {
            edit((one) => {
              const related = withList(one, 'relations', [...relationsOf(one), relation]);
              return relation.citation ? withCitation(related, relation.citation) : related;
            });
            setAdding(false);
          }}
          cancel={() => setAdding(false)}
        />
      ) : (
        <Adder label={t('edit.relation.add')} act={() => setAdding(true)} />
      )}
    </FieldSection>
  );
}

function AddRelation(props: {
  except: string;
  add: (relation: Relation) => void;
  cancel: () => void;
}) {
  const [type, setType] = useState<RelationType>('located_near');
  const [target, setTarget] = useState<string | null>(null);
  const [evidence, setEvidence] = useState('');
  const [isCiting, setCiting] = useState(false);
  const [citation, setCitation] = useState<Citation | null>(null);
  const add = () => {
    if (!target) return;
    const reason = evidence.trim();
    props.add({
      type,
      target,
      ...(reason ? { evidence: reason } : {}),
      ...(isCiting && citation ? { citation } : {}),
    });
  };
  // What is to be cited and is not found yet would be left out unseen.
  const isWhole = target !== null && (!isCiting || citation !== null);
  return (
    <div class="adding" data-adding="relation">
      <SelectField
        name="relation_type"
        label={t('edit.relation.type')}
        value={type}
        options={RELATION_TYPES.map((id) => [id, relationWord(lang.value, id)] as const)}
        change={setType}
      />
      {target ? (
        <ol class="entries">
          <li data-ref={target}>
            <p>
              <FeatureLabel reference={target} />
            </p>
            <Remove act={() => setTarget(null)} />
          </li>
        </ol>
      ) : (
        <FeaturePicker
          name="relation_target"
          label={t('edit.pick.label')}
          except={[props.except]}
          pick={setTarget}
        />
      )}
      <TextField
        name="relation_evidence"
        label={t('edit.relation.evidence')}
        value={evidence}
        change={setEvidence}
      />
      <label class="field is-check">
        <input
          type="checkbox"
          name="relation_cited"
          checked={isCiting}
          onChange={({ currentTarget }) => setCiting(currentTarget.checked)}
        />
        {t('edit.relation.cite')}
      </label>
      {isCiting && <CitePicker citation={null} pick={setCitation} />}
      <AddingActions add={isWhole ? add : null} cancel={props.cancel} />
    </div>
  );
}
